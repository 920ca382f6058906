const config = require('../../config')
const shell = require('../../shell').create(wx, config)

Page({
  data: { targetCode: '', said: '' },

  typed(event) {
    this.setData({ targetCode: event.detail.value })
  },

  open() {
    wx.navigateTo({ url: '/pages/web/web?path=%2Fo%2F' })
  },

  async allow() {
    await this.attempt(async () => {
      const kind = await shell.allow()
      return kind === 'refused' ? '没有允许通知，检查组会打电话通知您；右上角“…”的设置里可以重新允许' : '已允许，收到检查通知时会提醒您'
    })
  },

  async bind(event) {
    await this.attempt(async () => {
      const bound = await shell.bindByPhone(this.data.targetCode, event.detail)
      return `已绑定 ${bound.target_name}`
    })
  },

  async scan() {
    await this.attempt(async () => {
      const { path } = await shell.scan()
      wx.navigateTo({ url: `/pages/web/web?public=${encodeURIComponent(path)}` })
      return ''
    })
  },

  async attempt(work) {
    try {
      this.setData({ said: await work() })
    } catch (error) {
      const closed = /cancel/.test((error && error.errMsg) || '') // whoever closes the camera knows that he did
      this.setData({ said: closed ? '' : (error && error.message) || '没有完成，请再试一次' })
    }
  },
})
