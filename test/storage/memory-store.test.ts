import { memoryStore } from '../../src/storage/key-value-store.js'
import { keyValueStoreCompliance } from '../compliance/key-value-store.js'

keyValueStoreCompliance('memoryStore', memoryStore)
