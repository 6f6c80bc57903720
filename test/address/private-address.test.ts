import { expect, it } from 'vitest'
import { originOf } from '../../src/address/origin.js'
import { isPrivateAddress } from '../../src/address/private-address.js'

const PRIVATE: Record<string, string[]> = {
  'this network, loopback, private, shared and link-local': [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '127.255.0.1',
    '10.2.3.4',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.0.1',
  ],
  'special, documentation, benchmarks': [
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.9.9',
    '198.51.100.4',
    '203.0.113.7',
  ],
  'multicast, reserved, broadcast': ['224.0.0.1', '239.1.1.1', '240.0.0.1', '255.255.255.255'],
  'other ways to write IPv4': [
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '１２７.0.0.1',
    '127。0。0。1',
    '%31%32%37.0.0.1',
  ],
  'IPv6 of one machine, link or site': [
    '[::1]',
    '[::]',
    '[fe80::1]',
    '[febf::1]',
    '[fec0::1]',
    '[feff::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[ff02::1]',
  ],
  'IPv4 inside IPv6': [
    '[::127.0.0.1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0:10.0.0.1]',
    '[::ffff:7f00:1]',
    '[2002:7f00:1::]',
    '[2002:c0a8:101::1]',
    '[2002:a00:1::5]',
    '[2001:0:4136:e378:8000:63bf:3fff:fdd2]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::10.0.0.1]',
    '[64:ff9b:1::10.0.0.1]',
  ],
  names: [
    'localhost',
    'localhost.',
    'LOCALHOST',
    'a.localhost',
    'localhost.localdomain',
    'printer.local',
    'printer.local.',
    'nas.lan',
    'nas.home.arpa',
    'home.arpa',
    'metadata.internal',
    'box.home',
    'vpn.corp',
    'wiki.intranet',
    'db.private',
    'relay',
    'relay.',
    'ｌｏｃａｌｈｏｓｔ',
    'nas｡lan',
    'loc%61lhost',
  ],
}

it.each(Object.entries(PRIVATE))('%s lead into a private network, with or without a port and TLS', (_, hosts) => {
  for (const host of hosts) {
    for (const url of [`ws://${host}`, `wss://${host}:8787`, `http://${host}:1/x`])
      expect([url, isPrivateAddress(url)]).toEqual([url, true])
  }
})

it.each(['no address', 'ws://', 'ws://[fe80::1%eth0]', 'ws://[fe80::1%25eth0]', 'ws://1.2.3.4.5', 'ws://300.1.1.1', ''])(
  '%j is no address, and counts as private',
  (address) => expect(isPrivateAddress(address)).toBe(true),
)

it.each(
  [
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '192.0.1.1',
    '192.1.0.1',
    '198.17.0.1',
    '198.20.0.1',
    '11.0.0.1',
    '126.0.0.1',
    '223.255.255.1',
    '[2606:4700::1111]',
    '[2001:db8::1]',
    '[2001:4860:4860::8888]',
    '[2002:808:808::1]',
    'relay.example',
    'relay.example.',
    'localhost.example',
    'mylocal.example',
    'notlocal',
  ].map((host) => [host, host === 'notlocal']),
)('%s leads into a private network: %s', (host, expected) => {
  expect(isPrivateAddress(`ws://${host}:8787`)).toBe(expected)
})

it('addresses of documentation are nobody’s, and tell different owners apart all the same', () => {
  expect(['ws://203.0.113.7', 'ws://192.168.1.4', 'ws://nas.lan'].map(originOf)).toEqual(['203.0', undefined, undefined])
})
