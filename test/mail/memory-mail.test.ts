import { expect, it } from 'vitest'
import { memoryMail } from '../../src/mail/server/memory-mail.js'
import { mailStoreCompliance } from '../compliance/mail-store.js'

mailStoreCompliance('memoryMail', async () => memoryMail({ maxBucket: 4, maxTtl: 3 }))

it('memoryMail keeps the smallest letters, for a day, where nothing else is said', () => {
  expect(memoryMail()).toMatchObject({ maxBucket: 0, maxTtl: 1, inMemory: true })
})
