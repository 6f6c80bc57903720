import { expect, it } from 'vitest'
import { isPrivateAddress } from '../../src/address/private-address.js'

it.each([
  ['ws://127.0.0.1:1', true],
  ['ws://10.2.3.4', true],
  ['ws://172.16.0.1', true],
  ['ws://172.32.0.1', false],
  ['ws://192.168.0.1', true],
  ['ws://169.254.1.1', true],
  ['ws://100.64.0.1', true],
  ['ws://0.0.0.0', true],
  ['ws://224.0.0.1', true],
  ['ws://8.8.8.8', false],
  ['ws://[::1]:8787', true],
  ['ws://[fd00::1]', true],
  ['ws://[fe80::1]', true],
  ['ws://[::ffff:10.0.0.1]', true],
  ['ws://[2001:db8::1]', false],
  ['wss://relay.example', false],
  ['ws://printer.local', true],
  ['ws://relay', true],
  ['no address', true],
])('%s means something only in its own network: %s', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected)
})
