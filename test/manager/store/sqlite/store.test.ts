import { join } from 'node:path'
import { openSqliteStore } from '../../../../src/manager/store/sqlite/store.js'
import { makeTestDirectory } from '../../rig.js'
import { describeStore } from '../contract.js'

describeStore('SQLite', () => {
  const path = join(makeTestDirectory(), 'store.db')
  return { open: async () => openSqliteStore(path) }
})
