import { describe, expect, it } from 'vitest'
import { cardView, safeUrl, segments } from '@/sandbox/card'
import { fieldLabel } from '@/sandbox/owners/fields'

const buttons = {
  card_type: 'button_interaction',
  source: { desc: '双随机抽查' },
  main_title: { title: '请接受检查任务' },
  horizontal_content_list: [{ keyname: '对象', value: '某某店' }, { keyname: '文件', value: '看', type: 1, url: 'https://a.example/x' }],
  card_action: { type: 1, url: 'http://127.0.0.1:8080/m/visits/1' },
  button_list: [{ text: '接受', style: 1, key: 'accept:1' }, { text: '去看', type: 1, url: 'http://127.0.0.1:8080/m/' }],
}
const alive = { button_text: '', live_keys: ['accept:1'] }

describe('template cards', () => {
  it('F3: a live key is a live button, and a link needs no key', () => {
    const view = cardView(buttons, alive)
    expect(view.buttons.map((button) => [button.text, button.alive, button.url])).toEqual([
      ['接受', true, ''],
      ['去看', true, 'http://127.0.0.1:8080/m/'],
    ])
    expect(view.url).toBe('http://127.0.0.1:8080/m/visits/1')
    expect(view.lines[1]).toEqual({ key: '文件', value: '看', url: 'https://a.example/x' })
  })

  it('a key that the sandbox no longer names is dead', () => {
    expect(cardView(buttons, { button_text: '', live_keys: [] }).buttons[0]?.alive).toBe(false)
  })

  it('after an update all buttons give way to one word', () => {
    const view = cardView(buttons, { button_text: '已接受', live_keys: [] })
    expect(view.buttons).toEqual([])
    expect(view.replacedBy).toBe('已接受')
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', '//a.example', '', 7, null])('never opens %j', (url) => {
    expect(safeUrl(url)).toBe('')
    expect(cardView({ card_action: { type: 1, url } }, alive).url).toBe('')
  })

  it('a mini-program or a plain line opens nothing here', () => {
    expect(cardView({ card_action: { type: 2, appid: 'x', url: 'https://a.example' } }, alive).url).toBe('')
    expect(cardView({ horizontal_content_list: [{ keyname: '甲', value: '乙', url: 'https://a.example' }] }, alive).lines[0]?.url).toBe('')
  })

  it('only a vote in mode 1 takes many answers', () => {
    const box = { question_key: 'q', mode: 1, option_list: [{ id: '1', text: '甲' }, { id: '2', text: '乙', is_checked: true }] }
    const vote = cardView({ card_type: 'vote_interaction', checkbox: box, submit_button: { text: '提交', key: 'go' } }, { button_text: '', live_keys: ['go'] })
    expect(vote.questions[0]).toMatchObject({ many: true, options: [{ chosen: false }, { chosen: true }] })
    expect(vote.buttons).toEqual([{ text: '提交', style: 1, key: 'go', url: '', alive: true }])
    expect(cardView({ card_type: 'multiple_interaction', select_list: [box] }, alive).questions[0]?.many).toBe(false)
  })

  it('survives a card of any shape', () => {
    expect(cardView({ button_list: 'x', source: [], main_title: null, jump_list: [1] }, alive).jumps).toEqual([{ title: '', url: '' }])
  })
})

describe('texts', () => {
  it('know links in two spellings and leave all other markup as words', () => {
    expect(segments('请看 <a href="http://127.0.0.1/x">任务</a>。或 https://a.example/y，<b>不</b>')).toEqual([
      { text: '请看 ', url: '' },
      { text: '任务', url: 'http://127.0.0.1/x' },
      { text: '。或 ', url: '' },
      { text: 'https://a.example/y', url: 'https://a.example/y' },
      { text: '，<b>不</b>', url: '' },
    ])
  })

  it('do not link to what is no web address', () => {
    expect(segments('<a href="javascript:x">点</a>')).toEqual([{ text: '<a href="javascript:x">点</a>', url: '' }])
  })
})

describe('subscription fields', () => {
  it('are named by their kind', () => {
    expect([fieldLabel('time2'), fieldLabel('thing3'), fieldLabel('character_string1'), fieldLabel('odd')]).toEqual(['时间', '内容 3', '编号', 'odd'])
  })
})
