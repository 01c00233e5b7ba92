// A person's browser, as little of it as signing in and joining need: it keeps cookies, follows its own site only and
// fills in the forms it is shown. Also what both sessions say their expectations with.

export const BASE = process.env.BASE_URL
const PASSWORD = process.env.PASSWORD

export class Browser {
  #cookies = new Map()

  async open(address, { method = 'GET', fields } = {}) {
    const url = new URL(address, BASE)
    const headers = { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
    if (fields) Object.assign(headers, { origin: BASE, 'content-type': 'application/x-www-form-urlencoded' })
    const body = fields && new URLSearchParams(fields).toString()
    const answer = await fetch(url, { method, headers, body, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [name, ...value] = line.split(';')[0].split('=')
      this.#cookies.set(name, value.join('='))
    }
    const next = answer.headers.get('location')
    if (next === null) return { url, status: answer.status, text: await answer.text() }
    const target = new URL(next, url)
    return target.origin === new URL(BASE).origin ? this.open(target) : { url: target, status: answer.status, text: '' }
  }

  // Sends the form of a page that goes to `action`, with what it hides and what the person adds.
  async send(page, action, added) {
    const form = page.text.match(new RegExp(`<form[^>]*action="${action}"[^]*?</form>`))
    expect(form, `a form for ${action} on ${page.url.pathname}: ${page.text.slice(0, 2000)}`)
    const hidden = [...form[0].matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
    const fields = Object.fromEntries(hidden.map(([, name, value]) => [name, plain(value)]))
    return this.open(action, { method: 'POST', fields: { ...fields, ...added } })
  }

  // Walks an app's authorisation address to its end. Answers the code.
  async letIn(address, name) {
    let page = await this.open(address)
    expect(page.url.pathname === '/signin', `the sign-in form, not ${page.url}`)
    page = await this.send(page, '/signin', { login: `${name}@example.org`, password: PASSWORD })
    expect(page.url.pathname === '/oauth/authorize', `the question whether the app may, not ${page.url}`)
    page = await this.send(page, '/oauth/authorize', { decision: 'allow' })
    const code = page.url.searchParams.get('code')
    if (page.url.pathname.endsWith('/native')) expect(page.text.includes(code), 'the code is shown to the person')
    expect(code, `a code in ${page.url}`)
    return code
  }
}

const plain = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#34;', '"').replaceAll('&quot;', '"')
  .replaceAll('&#39;', "'").replaceAll('&amp;', '&')

export function expect(truth, what) {
  if (!truth) throw new Error(`expected ${what}`)
}

export function same(found, wanted, what) {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
  expect(left === right, `${what}: ${right}, found ${left}`)
}

export async function eventually(check, what, seconds = 20) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await check()
    if (found) return found
    expect(Date.now() < end, `within ${seconds} seconds ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

// The sentence with which the instance refuses.
export async function refused(promise, status, read) {
  try {
    await promise
  } catch (error) {
    const [found, sentence] = read(error)
    same(found, status, 'the status of a refusal')
    expect(typeof sentence === 'string' && sentence.length > 10, `a sentence, not ${sentence}`)
    return sentence
  }
  throw new Error(`expected a refusal with ${status}`)
}

// A PNG of 2 by 2 pixels.
export const PICTURE = Buffer.from(process.env.PICTURE, 'base64')

// Runs the story that was asked for, and ends whatever still listens.
export async function run(stories) {
  try {
    await stories[process.argv[2]]()
    console.log(`${process.argv[2]}: all of it happened`)
    process.exit(0)
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
}
