// A session of megalodon, which Fedistar and others are made with: `node megalodon.mjs everyday|group|elsewhere`.

import { Readable } from 'node:stream'
import generator, { detector } from 'megalodon'
import { BASE, Browser, PICTURE, eventually, expect, refused, run, same } from './pages.mjs'

const SCOPES = ['read', 'write', 'follow', 'push']
const reason = (error) => [error.response?.status ?? error, error.response?.data?.error]

class Person {
  static async signIn(name, redirectUri) {
    const kind = await detector(BASE)
    same(kind, 'mastodon', 'what the library takes the instance for')
    const anybody = generator(kind, BASE)
    const app = await anybody.registerApp('Session of megalodon', { scopes: SCOPES, redirect_uris: redirectUri })
    const person = new Person()
    person.browser = new Browser()
    const code = await person.browser.letIn(app.url, name)
    const token = await anybody.fetchAccessToken(app.client_id, app.client_secret, code, redirectUri)
    person.revoke = () => anybody.revokeToken(app.client_id, app.client_secret, token.access_token)
    const api = generator(kind, BASE, token.access_token)
    // answers come as { data, status, headers }
    person.api = new Proxy(api, {
      get: (_, name) => async (...given) => {
        const answer = await api[name](...given)
        return answer && "status" in answer ? answer.data : answer
      },
    })
    person.account = await person.api.verifyAccountCredentials()
    same(person.account.username, name, 'who is signed in')
    return person
  }

  async listen() {
    this.heard = []
    const stream = await this.api.userStreaming()
    for (const event of ['update', 'status_update', 'delete', 'notification', 'conversation']) {
      stream.on(event, (payload) => this.heard.push({ event, payload }))
    }
    stream.on('error', () => {})
    stream.on('close', () => (this.ended = true))
    // the library connects again after any other end; what the instance says then is its answer to a revoked token
    const log = console.log
    console.log = (...words) => (`${words[0]}`.startsWith('Closed connection') ? (this.ended = true) : log(...words))
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }

  hears(event, check, what) {
    return eventually(() => this.heard.find((one) => one.event === event && check(one.payload))?.payload,
      () => `${event}: ${what}; heard ${this.heard.map((one) => `${one.event} ${one.payload?.id ?? one.payload}`)}`)
  }

  say(status, more = {}) {
    return this.api.postStatus(status, { visibility: 'public', ...more })
  }
}

const named = (buffer, path) => Object.assign(Readable.from([buffer]), { path })

async function everyday() {
  const alice = await Person.signIn('alice', 'fedistar://callback')
  const bob = await Person.signIn('bob', 'urn:ietf:wg:oauth:2.0:oob')
  expect((await bob.api.followAccount(alice.account.id)).following, 'bob to follow alice')
  await alice.listen()
  await bob.listen()

  const media = await alice.api.uploadMedia(named(PICTURE, 'ecg.png'), { description: 'Two pixels of an ECG' })
  const said = await alice.say('A picture', { media_ids: [media.id] })
  same(said.media_attachments[0].description, 'Two pixels of an ECG', 'the description')
  expect((await fetch(said.media_attachments[0].url)).ok, 'the picture to be served')
  await bob.hears('update', (one) => one.id === said.id, 'the post with a picture')

  const reply = await bob.say('@alice What is the rate?', { in_reply_to_id: said.id })
  const mention = await alice.hears('notification', (one) => one.type === 'mention', 'the reply')
  same(mention.status.id, reply.id, 'what the mention is')
  same((await alice.api.getStatusContext(said.id)).descendants.map((one) => one.id), [reply.id], 'the thread')
  expect((await bob.api.favouriteStatus(said.id)).favourited, 'a favourite')
  await alice.hears('notification', (one) => one.type === 'favourite', 'the favourite')
  same((await bob.api.reblogStatus(said.id)).reblog.id, said.id, 'the boost')
  await alice.hears('notification', (one) => one.type === 'reblog', 'the boost')

  await alice.api.editStatus(said.id, { status: 'A picture, corrected', media_ids: [media.id] })
  const edited = await bob.hears('status_update', (one) => one.id === said.id, 'the correction')
  expect(edited.content.includes('corrected') && edited.edited_at, 'the corrected text')
  same((await alice.api.getStatusSource(said.id)).text, 'A picture, corrected', 'what is offered to correct again')

  const poll = await alice.say('Which?', { poll: { options: ['Heparin', 'Aspirin'], expires_in: 3600, multiple: false } })
  const voted = await bob.api.votePoll(poll.poll.id, [1])
  same([voted.voted, voted.options[1].votes_count], [true, 1], 'the vote')

  const list = await bob.api.createList('Colleagues')
  await bob.api.addAccountsToList(list.id, [alice.account.id])
  expect((await bob.api.getListTimeline(list.id)).some((one) => one.id === poll.id), 'the post in the list')
  await bob.api.deleteAccountsFromList(list.id, [alice.account.id])
  same(await bob.api.getAccountsInList(list.id), [], 'who is on the list')
  await bob.api.deleteList(list.id)

  const filter = await bob.api.createFilter('heparin', ['home'], { whole_word: true })
  same((await bob.api.getFilters()).map((one) => one.phrase), ['heparin'], 'the filters')
  await bob.api.deleteFilter(filter.id)

  const found = await bob.api.search('@alice', { type: 'accounts', resolve: true })
  same(found.accounts[0].id, alice.account.id, 'who is found')
  expect((await alice.api.search('corrected', { type: 'statuses' })).statuses.length, 'the own post to be found')

  const kinds = (await alice.api.getNotifications()).map((one) => one.type)
  same(kinds.toSorted(), ['favourite', 'follow', 'mention', 'reblog'], 'the notifications')

  const secret = await alice.say('@bob Between us', { visibility: 'direct' })
  const conversation = await eventually(async () =>
    (await bob.api.getConversationTimeline()).find((one) => one.last_status?.id === secret.id), 'the conversation')
  expect(conversation.unread, 'it to be unread')
  expect(!(await bob.api.readConversation(conversation.id)).unread, 'it to be read')

  const loud = await alice.say('Too much')
  await bob.hears('update', (one) => one.id === loud.id, 'the post')
  await alice.api.deleteStatus(loud.id)
  await bob.hears('delete', (one) => one === loud.id, 'the deletion')
  await refused(bob.api.getStatus(loud.id), 404, reason)

  await bob.revoke()
  await eventually(() => bob.ended, 'the stream of a revoked token to end')
  await refused(bob.api.verifyAccountCredentials(), 401, reason)
}

async function group() {
  const [alice, bob] = [await Person.signIn('alice', 'fedistar://callback'), await Person.signIn('bob', 'fedistar://callback')]
  const outsider = await Person.signIn('dora', 'fedistar://callback')
  const found = (await alice.api.search('@cardio', { type: 'accounts', resolve: true })).accounts[0]
  expect(found?.group && found.locked, 'the group, as a locked account')
  for (const person of [alice, bob]) await join(person, found.id)

  await bob.listen()
  const said = await alice.say('@cardio An ECG with ST elevation')
  same([said.visibility, said.mentions.map((one) => one.acct)], ['private', ['cardio']], 'the narrowed post')
  await refused(outsider.api.getStatus(said.id), 404, reason)

  const room = (await bob.api.getLists()).find((one) => one.title.includes('Cardio'))
  expect(room, 'the group among the lists')
  expect((await bob.api.getListTimeline(room.id)).some((one) => one.id === said.id), 'the post in the list')
  const shows = (one) => one.id === said.id || one.reblog?.id === said.id
  expect((await bob.api.getAccountStatuses(found.id)).some(shows), "the post on the group's profile")
  expect((await bob.api.getHomeTimeline()).some((one) => one.account.id === found.id && one.reblog?.id === said.id),
    'the post at home, shown by the group')
  same(await outsider.api.getAccountStatuses(found.id), [], 'what others see of the profile')
  await bob.hears('update', shows, 'the post in the group')

  const reply = await bob.say('Cath lab', { in_reply_to_id: said.id })
  same(reply.visibility, 'private', 'the reply that inherits')
  await refused(outsider.api.getStatus(reply.id), 404, reason)
  const aside = await bob.say('@alice Only you', { in_reply_to_id: said.id, visibility: 'direct' })
  same(aside.visibility, 'direct', 'the aside')
  const thread = (await alice.api.getStatusContext(said.id)).descendants.map((one) => one.id)
  same(thread.toSorted(), [reply.id, aside.id].toSorted(), "alice's thread")
  await refused(bob.api.reblogStatus(said.id), 422, reason)

  const before = (await bob.api.getAccountStatuses(bob.account.id)).length
  const sentence = await refused(bob.say('The patient of bed nine'), 422, reason)
  expect(/mention|group/.test(sentence), `how to name a group, in: ${sentence}`)
  same((await bob.api.getAccountStatuses(bob.account.id)).length, before, 'nothing to be stored')
  const word = await eventually(async () => (await bob.api.getConversationTimeline()).map((one) => one.last_status)
    .find((one) => one?.content.includes('named no group')), 'the message that explains it')
  expect(word.content.includes(`${BASE}/groups`) && !word.content.includes('bed nine'), 'a link, and nothing of the post')

  await alice.api.unfollowAccount(found.id)
  await refused(alice.api.getListTimeline(room.id), 404, reason)
}

// Two groups that live elsewhere: one whose instance is away, and one that refuses what alice says.
async function elsewhere() {
  const [alice, bob] = [await Person.signIn('alice', 'fedistar://callback'), await Person.signIn('bob', 'fedistar://callback')]
  const own = async () => (await alice.api.getAccountStatuses(alice.account.id)).map((one) => one.id)
  for (const [name, explanation] of [[process.env.AWAY, null], [process.env.STRICT, 'was not published']]) {
    const said = await alice.say(`${name} An ECG with zebrafinch waves`)
    same([said.visibility, said.mentions.map((one) => `@${one.acct}`)], ['private', [name]], 'the narrowed post')
    if (explanation) {
      const told = await eventually(async () => (await alice.api.getConversationTimeline())
        .map((one) => one.last_status?.content).find((content) => content?.includes(explanation)), 'the message that says why')
      expect(!told.includes('zebrafinch'), 'nothing of the post in the message')
    }
    expect((await own()).includes(said.id), "the post among its author's own")
    same((await alice.api.getStatus(said.id)).id, said.id, 'the post, for its author')
    await refused(bob.api.getStatus(said.id), 404, reason)
    await refused(alice.say('One more thing', { in_reply_to_id: said.id }), 422, reason)
    await alice.api.deleteStatus(said.id)
    expect(!(await own()).includes(said.id), 'the post to be taken back')
  }
}

async function join(person, groupId) {
  const wanted = await person.api.followAccount(groupId)
  expect(wanted.requested && !wanted.following, 'a request')
  const page = `/groups/${groupId}/join`
  await eventually(async () => JSON.stringify(await person.api.getConversationTimeline()).includes(page), 'the message with the link')
  await person.browser.send(await person.browser.open(page), page, { agreed: 'on' })
  await eventually(async () => (await person.api.getRelationship(groupId)).following, 'to be a member')
}

await run({ everyday, group, elsewhere })
