/**
 * All that the shell does, apart from WeChat's page objects, so that it can be tried here with a fake `wx`.
 *
 *   signIn   wx.login -> code -> POST /api/owner/login -> token (12 h, in memory only)
 *   pageUrl  a fresh code goes after "#" of our page: used once, never in a server's log
 *   allow    wx.requestSubscribeMessage -> what the person said -> POST /api/owner/subscriptions
 *   bind     the number button's code + the enterprise's code -> POST /api/owner/bind-phone
 *   scanned  what a camera read -> our door's page, or a notice's; a stranger's address is never opened
 */
const DOOR = /^\/public\/door\/([0-9A-Z]{10})$/
const NOTICE = /^\/public\/notices\/([0-9A-Z]{8})$/
const PATH = /^\/o\/[\w/-]*$/

function promised(method, options) {
  return new Promise((resolve, reject) => method({ ...options, success: resolve, fail: reject }))
}

function create(wx, config) {
  let token = ''

  async function code() {
    const answer = await promised(wx.login, { timeout: 8000 })
    if (!answer.code) throw new Error('微信登录没有成功，请稍后再试')
    return answer.code
  }

  async function ask(method, path, data) {
    const header = { 'content-type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) }
    let answer
    try {
      answer = await promised(wx.request, { url: config.origin + path, method, data: data || {}, header, timeout: 10000 })
    } catch {
      throw new Error('网络不通，请稍后再试')
    }
    if (answer.statusCode === 401) token = ''
    if (answer.statusCode >= 400) throw new Error(sentence(answer))
    return answer.data
  }

  async function signIn() {
    if (!token) token = (await ask('POST', '/api/owner/login', { js_code: await code() })).token
    return token
  }

  async function pageUrl(path) {
    const safe = PATH.test(path || '') ? path : '/o/'
    return `${config.origin}${safe}#code=${encodeURIComponent(await code())}`
  }

  /** Must be called from a tap: WeChat asks only then. Gives "once", "for-ever" or "refused". */
  async function allow() {
    const answer = await promised(wx.requestSubscribeMessage, { tmplIds: [config.template] }).catch(() => ({}))
    const said = answer[config.template]
    // A long-term template answers "acceptWithForcePush" or "accept" as a one-time one does; which it is, the office knows.
    const kind = said === 'accept' || said === 'acceptWithForcePush' ? (config.longTerm ? 'for-ever' : 'once') : 'refused'
    await signIn()
    await ask('POST', '/api/owner/subscriptions', { kind })
    return kind
  }

  async function bindByPhone(targetCode, detail) {
    if (!detail || !detail.code) throw new Error('没有取得手机号，请改用通知编码绑定')
    await signIn()
    return ask('POST', '/api/owner/bind-phone', { target_code: targetCode.trim(), phone_code: detail.code })
  }

  /** Where a scanned address leads: {door} to register, {path} to open, or an error that says so. */
  function read(text) {
    if (typeof text !== 'string' || !text.startsWith(`${config.origin}/`)) throw new Error('这不是本办公室的码，请核对来人身份')
    const path = text.slice(config.origin.length).split(/[?#]/)[0]
    const door = DOOR.exec(path)
    if (door) return { door: door[1] }
    if (NOTICE.test(path)) return { path }
    throw new Error('这不是本办公室的码，请核对来人身份')
  }

  /** Scan at the door: registered in this owner's name; gives the page to open. */
  async function scan() {
    const { result } = await promised(wx.scanCode, { onlyFromCamera: true, scanType: ['qrCode'] })
    const found = read(result)
    if (!found.door) return { path: found.path, visit: '' }
    await signIn()
    const { visit_id: visit } = await ask('POST', `/api/owner/doors/${found.door}`)
    return { path: `/public/door/${found.door}`, visit }
  }

  return { signIn, pageUrl, allow, bindByPhone, read, scan }
}

function sentence(answer) {
  const body = answer.data
  return (body && typeof body.title === 'string' && body.title) || `服务器没有正常答复（${answer.statusCode}）`
}

module.exports = { create }
