const config = require('../../config')
const shell = require('../../shell').create(wx, config)

Page({
  data: { url: '', said: '' },

  async onLoad(query) {
    try {
      const open = decodeURIComponent(query.public || '')
      const url = open ? (shell.read(config.origin + open), config.origin + open) : await shell.pageUrl(decodeURIComponent(query.path || ''))
      this.setData({ url })
    } catch (error) {
      this.setData({ said: (error && error.message) || '暂时打不开，请稍后再试' })
    }
  },
})
