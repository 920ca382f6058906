/**
 * From WeCom's JSON to what a phone shows. Pure.
 *
 *   template_card + what became of it -> cardView -> lines, buttons (alive, dead or replaced), links
 *   text content -> segments -> words and links
 *
 * Source: message/send page, chapter on template cards (five card types).
 */

export type Card = Record<string, unknown>

export interface Line {
  key: string
  value: string
  url: string
}

export interface Button {
  text: string
  style: number
  key: string
  url: string
  alive: boolean
}

export interface Question {
  key: string
  title: string
  many: boolean
  options: { id: string; text: string; chosen: boolean }[]
}

export interface CardView {
  source: string
  sourceColour: number
  menu: { key: string; text: string }[]
  title: string
  desc: string
  emphasis: { title: string; desc: string } | null
  quote: { title: string; text: string } | null
  sub: string
  image: string
  lines: Line[]
  paragraphs: { title: string; desc: string }[]
  jumps: { title: string; url: string }[]
  url: string
  questions: Question[]
  buttons: Button[]
  replacedBy: string
}

/** The state of a card on one member's phone. */
export interface Fate {
  button_text: string
  live_keys: string[]
}

const record = (value: unknown): Card => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Card) : {})
const list = (value: unknown): Card[] => (Array.isArray(value) ? value.map(record) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Only http and https may be opened, whatever a card says. */
export const safeUrl = (value: unknown): string => (/^https?:\/\//i.test(text(value)) ? text(value) : '')

/** An address to open, where the entry's type says that it opens one. */
const linkOf = (part: Card): string => (number(part.type) === 1 ? safeUrl(part.url) : '')

function pair(part: Card): { title: string; desc: string } | null {
  const [title, desc] = [text(part.title), text(part.desc)]
  return title || desc ? { title, desc } : null
}

function questionsOf(card: Card): Question[] {
  const single = [card.checkbox, card.button_selection].filter(Boolean).map(record)
  return [...single, ...list(card.select_list)].map((question) => ({
    key: text(question.question_key),
    title: text(question.title),
    many: card.card_type === 'vote_interaction' && number(question.mode) === 1,
    options: list(question.option_list).map((option) => ({
      id: text(option.id),
      text: text(option.text),
      chosen: option.is_checked === true || text(question.selected_id) === text(option.id),
    })),
  }))
}

function buttonsOf(card: Card, alive: (key: string) => boolean): Button[] {
  const submit = card.submit_button ? [{ ...record(card.submit_button), style: 1 }] : []
  return [...list(card.button_list), ...submit].map((button: Card) => {
    const url = linkOf(button)
    const key = text(button.key)
    return { text: text(button.text), style: number(button.style) || 1, key, url, alive: Boolean(url) || alive(key) }
  })
}

/** What the phone shows of a card. */
export function cardView(card: Card, fate: Fate): CardView {
  const source = record(card.source)
  const quote = record(card.quote_area)
  const alive = (key: string) => fate.live_keys.includes(key)
  return {
    source: text(source.desc),
    sourceColour: number(source.desc_color),
    menu: list(record(card.action_menu).action_list)
      .map((entry) => ({ key: text(entry.key), text: text(entry.text) }))
      .filter((entry) => alive(entry.key)),
    title: text(record(card.main_title).title),
    desc: text(record(card.main_title).desc),
    emphasis: pair(record(card.emphasis_content)),
    quote: text(quote.quote_text) || text(quote.title) ? { title: text(quote.title), text: text(quote.quote_text) } : null,
    sub: text(card.sub_title_text),
    image: text(record(card.card_image).url),
    lines: list(card.horizontal_content_list).map((line) => ({
      key: text(line.keyname),
      value: text(line.value),
      url: linkOf(line),
    })),
    paragraphs: list(card.vertical_content_list).flatMap((part) => pair(part) ?? []),
    jumps: list(card.jump_list).map((jump) => ({ title: text(jump.title), url: linkOf(jump) })),
    url: linkOf(record(card.card_action)),
    questions: questionsOf(card),
    buttons: fate.button_text ? [] : buttonsOf(card, alive),
    replacedBy: fate.button_text,
  }
}

export interface Segment {
  text: string
  url: string
}

const LINKS = /<a\s+href="(https?:\/\/[^"<>]+)"\s*>([^<]*)<\/a>|(https?:\/\/[^\s<>"'，。；：！？（）【】]+)/gi

/** A text message in words and links: WeCom knows `<a href="…">…</a>` and bare addresses, nothing else. */
export function segments(content: string): Segment[] {
  const found: Segment[] = []
  let at = 0
  for (const match of content.matchAll(LINKS)) {
    if (match.index > at) found.push({ text: content.slice(at, match.index), url: '' })
    const url = match[1] ?? match[3] ?? ''
    found.push({ text: match[2] || url, url })
    at = match.index + match[0].length
  }
  if (at < content.length) found.push({ text: content.slice(at), url: '' })
  return found
}
