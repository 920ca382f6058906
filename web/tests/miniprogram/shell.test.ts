// @vitest-environment node
/** The mini-program's shell with a fake `wx`: sign-in, messages, binding, scan; nothing of a stranger is ever opened. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const root = fileURLToPath(new URL('../../../miniprogram/', import.meta.url))
const require = createRequire(import.meta.url)
const ORIGIN = 'https://office.example'
const CODE = 'ABCDEFGH23'

interface Options { url?: string; method?: string; data?: unknown; header?: Record<string, string>; success: (value: unknown) => void; fail: (error: unknown) => void }

/** Answers as told, keeps what it was asked. */
function fake(answers: Record<string, { statusCode?: number; data?: unknown }> = {}) {
  const sent: { method: string; path: string; data: unknown; header: Record<string, string> }[] = []
  let logins = 0
  const wx = {
    login: (options: Options) => options.success({ code: `code-${++logins}` }),
    request(options: Options) {
      const path = options.url!.slice(ORIGIN.length)
      sent.push({ method: options.method!, path, data: options.data, header: options.header! })
      const answer = answers[path] ?? (path === '/api/owner/login' ? { data: { token: 'T' } } : { data: {} })
      options.success({ statusCode: 200, ...answer })
    },
    requestSubscribeMessage: vi.fn((options: Options) => options.success({ TPL: 'accept' })),
    scanCode: vi.fn((options: Options) => options.success({ result: `${ORIGIN}/public/door/${CODE}` })),
    navigateTo: vi.fn(),
  }
  return { wx, sent }
}

const create = (wx: unknown, more = {}) => require(`${root}shell.js`).create(wx, { origin: ORIGIN, template: 'TPL', ...more })

describe('shell', () => {
  it('signs in once and carries the token afterwards', async () => {
    const { wx, sent } = fake()
    const shell = create(wx)
    await Promise.all([await shell.signIn(), await shell.signIn()])
    await shell.allow()
    expect(sent.map((one) => one.path)).toEqual(['/api/owner/login', '/api/owner/subscriptions'])
    expect(sent[1]!.header.Authorization).toBe('Bearer T')
  })

  it('opens our pages with a fresh code behind "#", and no other path', async () => {
    const shell = create(fake().wx)
    expect(await shell.pageUrl('/o/visits/0123abc')).toBe(`${ORIGIN}/o/visits/0123abc#code=code-1`)
    for (const path of ['https://evil.example/', '//evil.example', '/o/../console/', '/public', '', undefined]) {
      expect(await shell.pageUrl(path)).toMatch(new RegExp(`^${ORIGIN}/o/#code=`))
    }
  })

  it.each([['accept', false, 'once'], ['accept', true, 'for-ever'], ['reject', false, 'refused'], ['ban', false, 'refused']])(
    'tells the office what was allowed: %s', async (said, longTerm, kind) => {
      const { wx, sent } = fake()
      wx.requestSubscribeMessage.mockImplementation((options: Options) => options.success({ TPL: said }))
      expect(await create(wx, { longTerm }).allow()).toBe(kind)
      expect(sent.at(-1)!.data).toEqual({ kind })
    })

  it('a prompt that was closed is a refusal, not an error', async () => {
    const { wx } = fake()
    wx.requestSubscribeMessage.mockImplementation((options: Options) => options.fail({ errMsg: 'cancel' }))
    expect(await create(wx).allow()).toBe('refused')
  })

  it('binds by the number button, and says what to do without a number', async () => {
    const { wx, sent } = fake({ '/api/owner/bind-phone': { data: { target_name: '演示店' } } })
    const shell = create(wx)
    expect((await shell.bindByPhone(' 91370100MA3XXXXX00 ', { code: 'P' })).target_name).toBe('演示店')
    expect(sent.at(-1)!.data).toEqual({ target_code: '91370100MA3XXXXX00', phone_code: 'P' })
    await expect(shell.bindByPhone('x', {})).rejects.toThrow('通知编码')
  })

  it('registers a scan at the door in the owner\'s name', async () => {
    const { wx, sent } = fake({ [`/api/owner/doors/${CODE}`]: { data: { visit_id: 'v' } } })
    expect(await create(wx).scan()).toEqual({ path: `/public/door/${CODE}`, visit: 'v' })
    expect(sent.at(-1)!.path).toBe(`/api/owner/doors/${CODE}`)
  })

  it.each(['https://evil.example/public/door/ABCDEFGH23', `${ORIGIN}.evil.example/public/door/ABCDEFGH23`, `${ORIGIN}/console/`, 'wxp://pay', '', 7])(
    'refuses a code that is not ours: %s', async (result) => {
      const { wx, sent } = fake()
      wx.scanCode.mockImplementation((options: Options) => options.success({ result }))
      await expect(create(wx).scan()).rejects.toThrow('不是本办公室的码')
      expect(sent).toEqual([])
    })

  it('says the server\'s sentence, and forgets a token that is over', async () => {
    const { wx, sent } = fake({ '/api/owner/subscriptions': { statusCode: 401, data: { title: '尚未登录，或登录已过期。' } } })
    const shell = create(wx)
    await expect(shell.allow()).rejects.toThrow('尚未登录')
    await shell.signIn()
    expect(sent.filter((one) => one.path === '/api/owner/login')).toHaveLength(2)
  })

  it('says plainly that there is no network', async () => {
    const { wx } = fake()
    wx.request = (options: Options) => options.fail({ errMsg: 'request:fail' })
    await expect(create(wx).signIn()).rejects.toThrow('网络不通')
  })
})

describe('pages', () => {
  let page: Record<string, any>

  function load(name: string, wx: unknown) {
    const source = readFileSync(`${root}pages/${name}/${name}.js`, 'utf8')
    const own = (path: string) => (path.endsWith('config') ? { origin: ORIGIN, template: 'TPL' } : require(`${root}shell.js`))
    new Function('require', 'wx', 'Page', source)(own, wx, (found: Record<string, any>) => { page = found })
    page.setData = (more: object) => Object.assign(page.data, more)
    return page
  }

  beforeEach(() => { page = {} })

  it('the web page shows our page, or says why it cannot', async () => {
    const { wx } = fake()
    await load('web', wx).onLoad!({ path: '%2Fo%2Fvisits%2F1' })
    expect(page.data.url).toBe(`${ORIGIN}/o/visits/1#code=code-1`)
    await load('web', wx).onLoad!({ public: encodeURIComponent(`/public/door/${CODE}`) })
    expect(page.data.url).toBe(`${ORIGIN}/public/door/${CODE}`)
    await load('web', wx).onLoad!({ public: encodeURIComponent('.evil.example/') })
    expect(page.data.url).toBe('')
    expect(page.data.said).toContain('不是本办公室的码')
  })

  it('the first page says how each thing ended', async () => {
    const { wx } = fake({ '/api/owner/bind-phone': { statusCode: 404, data: { title: '没有找到与这个手机号相符的企业登记联系人。' } } })
    const home = load('home', wx)
    await home.allow!()
    expect(home.data.said).toContain('已允许')
    await home.bind!({ detail: { code: 'P' } })
    expect(home.data.said).toContain('没有找到')
    await home.scan!()
    wx.scanCode.mockImplementationOnce((options: Options) => options.fail({ errMsg: 'scanCode:fail cancel' }))
    await home.scan!()
    expect(home.data.said).toBe('')
    wx.scanCode.mockImplementationOnce((options: Options) => options.fail({ errMsg: 'scanCode:fail' }))
    await home.scan!()
    expect(home.data.said).toContain('再试一次')
    wx.requestSubscribeMessage.mockImplementationOnce((options: Options) => options.fail({ errCode: 20004 }))
    await home.allow!()
    expect(home.data.said).toContain('重新允许')
    expect(wx.navigateTo).toHaveBeenCalledWith({ url: `/pages/web/web?public=${encodeURIComponent(`/public/door/${CODE}`)}` })
  })

  it('every page that app.json names is whole', () => {
    const app = JSON.parse(readFileSync(`${root}app.json`, 'utf8')) as { pages: string[] }
    for (const one of app.pages) {
      for (const kind of ['js', 'wxml', 'json']) expect(readFileSync(`${root}${one}.${kind}`, 'utf8').length).toBeGreaterThan(10)
    }
  })
})
