/** Talk with the person in front: what failed, what was done, "are you sure". */
import { ElMessage, ElMessageBox } from 'element-plus'
import { h } from 'vue'
import { goSignIn, isSignedOut, Problem, Unreachable } from '@/shared/api'

/** A failure in words: what happened, and what to do now. */
export interface Trouble {
  title: string
  action: string
}

/** Put anything thrown into words; somebody who is not signed in is taken to the sign-in. */
export function troubleOf(thrown: unknown): Trouble {
  if (isSignedOut(thrown)) {
    goSignIn()
    return { title: '请先用企业微信登录。', action: '正在转到登录页；如果没有反应，请从企业微信重新打开。' }
  }
  if (thrown instanceof Problem) return { title: thrown.message, action: thrown.action }
  if (thrown instanceof Unreachable) {
    return { title: thrown.message, action: '没有得到答复的操作，刷新页面即可看到是否已经生效。' }
  }
  return { title: '页面出现错误，操作可能没有完成。', action: '请刷新页面查看当前状态。' }
}

/** Show a failure: what happened, and below it what to do. What was said before has had its time. */
export function showTrouble(thrown: unknown): void {
  const trouble = troubleOf(thrown)
  const lines = [h('strong', trouble.title), h('p', { class: 'toast-action' }, trouble.action)]
  ElMessage.closeAll()
  ElMessage({ type: 'error', message: h('div', lines), duration: 8000, showClose: true })
}

export function showDone(text: string): void {
  ElMessage.closeAll()
  ElMessage({ type: 'success', message: text, duration: 3500 })
}

/** Ask before something that cannot be undone; false when the person thinks better of it. */
export async function sure(title: string, text: string, yes: string): Promise<boolean> {
  return ElMessageBox.confirm(text, title, {
    confirmButtonText: yes,
    cancelButtonText: '再想想',
    type: 'warning',
    customClass: 'sure-box',
    autofocus: false,
  }).then(
    () => true,
    () => false,
  )
}

/** Ask for a reason in words; null when cancelled. */
export async function reasonFor(title: string, placeholder: string): Promise<string | null> {
  return ElMessageBox.prompt('', title, {
    confirmButtonText: '确定',
    cancelButtonText: '取消',
    inputType: 'textarea',
    inputPlaceholder: placeholder,
    inputValidator: (value) => Boolean(value?.trim()) || '请写明理由',
  }).then(
    (answer) => answer.value.trim(),
    () => null,
  )
}

/** Ask for a line of words that may stand there already; null when cancelled. */
export async function lineFor(title: string, text: string, value: string): Promise<string | null> {
  return ElMessageBox.prompt(text, title, {
    confirmButtonText: '确定',
    cancelButtonText: '取消',
    inputValue: value,
    inputValidator: (words) => Boolean(words?.trim()) || '请填写',
  }).then(
    (answer) => answer.value.trim(),
    () => null,
  )
}

/** Show something to be handed on, such as a code. */
export async function tell(title: string, text: string): Promise<void> {
  await ElMessageBox.alert(text, title, { confirmButtonText: '知道了', customClass: 'sure-box' }).catch(() => undefined)
}
