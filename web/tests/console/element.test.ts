import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(__dirname, '../../src/console')
const files = readdirSync(ROOT, { recursive: true, encoding: 'utf-8' }).filter((name) => name.endsWith('.vue'))
const registered = readFileSync(join(ROOT, 'element.ts'), 'utf-8').split('const PARTS')[1] ?? ''

describe('the parts of Element Plus in use', () => {
  it('are all registered: one that is not shows nothing and says nothing', () => {
    const used = new Set(files.flatMap((name) => [...readFileSync(join(ROOT, name), 'utf-8').matchAll(/<(el-[a-z-]+)/g)].map((found) => found[1]!)))
    const name = (tag: string) => tag.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
    expect(used.size).toBeGreaterThan(20)
    expect([...used].filter((tag) => !new RegExp(`\\b${name(tag)}\\b`).test(registered))).toEqual([])
  })
})
