// A session of masto.js, which Elk and Phanpy are made with: `node masto.mjs everyday|group|elsewhere`.

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from 'masto'
import { BASE, Browser, PICTURE, eventually, expect, refused, run, same } from './pages.mjs'

const SCOPES = 'read write follow push'
const reason = (error) => [error.statusCode, error.message]

class Person {
  static async signIn(name, redirectUri) {
    const app = await createRestAPIClient({ url: BASE }).v1.apps.create(
      { clientName: 'Session of masto.js', redirectUris: redirectUri, scopes: SCOPES })
    const query = new URLSearchParams(
      { client_id: app.clientId, redirect_uri: redirectUri, response_type: 'code', scope: SCOPES })
    const person = new Person()
    person.browser = new Browser()
    const code = await person.browser.letIn(`/oauth/authorize?${query}`, name)
    const secret = { clientId: app.clientId, clientSecret: app.clientSecret }
    const oauth = createOAuthAPIClient({ url: BASE })
    const token = await oauth.token.create(
      { grantType: 'authorization_code', ...secret, redirectUri, scope: SCOPES, code })
    person.revoke = () => oauth.revoke({ ...secret, token: token.accessToken })
    person.token = token.accessToken
    const api = createRestAPIClient({ url: BASE, accessToken: token.accessToken })
    Object.assign(person, { v1: api.v1, v2: api.v2 })
    person.account = await person.v1.accounts.verifyCredentials()
    same(person.account.username, name, 'who is signed in')
    return person
  }

  async listen() {
    const { configuration } = await this.v2.instance.fetch()
    this.heard = []
    this.ended = false
    const streaming = createStreamingAPIClient(
      { streamingApiUrl: configuration.urls.streaming, accessToken: this.token, retry: false })
    const hear = async () => {
      try {
        for await (const event of streaming.user.subscribe()) this.heard.push(event)
      } catch (error) {
        this.why = error
      }
      this.ended = true
    }
    hear()
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }

  hears(event, check, what) {
    return eventually(() => this.heard.find((one) => one.event === event && check(one.payload))?.payload,
      () => `${event}: ${what}; heard ${this.heard.map((one) => `${one.event} ${one.payload?.id ?? one.payload}`)}, ended: ${this.ended} ${this.why?.stack ?? ""}`)
  }

  status(id) {
    return this.v1.statuses.$select(id)
  }

  say(status, more = {}) {
    return this.v1.statuses.create({ status, visibility: 'public', ...more })
  }
}

async function everyday() {
  const alice = await Person.signIn('alice', 'icecubesapp://')
  const bob = await Person.signIn('bob', 'urn:ietf:wg:oauth:2.0:oob')
  const follow = await bob.v1.accounts.$select(alice.account.id).follow()
  expect(follow.following, 'bob to follow alice')
  await alice.listen()
  await bob.listen()

  const file = new File([PICTURE], 'ecg.png', { type: 'image/png' })
  const media = await alice.v2.media.create({ file, description: 'Two pixels of an ECG' })
  const said = await alice.say('A picture', { mediaIds: [media.id] })
  same(said.mediaAttachments[0].description, 'Two pixels of an ECG', 'the description')
  expect((await fetch(said.mediaAttachments[0].url)).ok, 'the picture to be served')
  await bob.hears('update', (one) => one.id === said.id, 'the post with a picture')

  const reply = await bob.say('@alice What is the rate?', { inReplyToId: said.id })
  const mention = await alice.hears('notification', (one) => one.type === 'mention', 'the reply')
  same(mention.status.id, reply.id, 'what the mention is')
  same((await alice.status(said.id).context.fetch()).descendants.map((one) => one.id), [reply.id], 'the thread')
  expect((await bob.status(said.id).favourite()).favourited, 'a favourite')
  await alice.hears('notification', (one) => one.type === 'favourite', 'the favourite')
  same((await bob.status(said.id).reblog()).reblog.id, said.id, 'the boost')
  await alice.hears('notification', (one) => one.type === 'reblog', 'the boost')

  await alice.status(said.id).update(
    { status: 'A picture, corrected', mediaIds: [media.id], mediaAttributes: [{ id: media.id, description: 'An ECG' }] })
  const edited = await bob.hears('status.update', (one) => one.id === said.id, 'the correction')
  expect(edited.content.includes('corrected') && edited.editedAt, 'the corrected text')
  same(edited.mediaAttachments[0].description, 'An ECG', 'the corrected description')
  same((await alice.status(said.id).history.list()).length, 2, 'both versions')

  const poll = await alice.say('Which?', { poll: { options: ['Heparin', 'Aspirin'], expiresIn: 3600 } })
  const voted = await bob.v1.polls.$select(poll.poll.id).votes.create({ choices: [1] })
  same([voted.voted, voted.ownVotes, voted.options[1].votesCount], [true, [1], 1], 'the vote')

  const list = await bob.v1.lists.create({ title: 'Colleagues' })
  await bob.v1.lists.$select(list.id).accounts.create({ accountIds: [alice.account.id] })
  expect((await bob.v1.timelines.list.$select(list.id).list()).some((one) => one.id === poll.id), 'the post in the list')
  same((await bob.v1.lists.$select(list.id).accounts.list()).length, 1, 'who is on the list')
  await bob.v1.lists.$select(list.id).remove()

  const filter = await bob.v2.filters.create(
    { title: 'Quiet', context: ['home'], filterAction: 'warn', keywordsAttributes: [{ keyword: 'heparin', wholeWord: true }] })
  const loud = await alice.say('Heparin again')
  const home = await bob.v1.timelines.home.list()
  same(home.find((one) => one.id === loud.id).filtered[0].filter.title, 'Quiet', 'the filter that matched')
  await bob.v2.filters.$select(filter.id).remove()

  const found = await bob.v2.search.list({ q: '@alice', type: 'accounts', resolve: true })
  same(found.accounts[0].id, alice.account.id, 'who is found')
  expect((await alice.v2.search.list({ q: 'corrected', type: 'statuses' })).statuses.length, 'the own post to be found')

  same((await alice.v1.notifications.list({ types: ['mention', 'favourite', 'reblog'] })).length, 3, 'the notifications')
  const grouped = await alice.v2.notifications.list({ types: ['favourite', 'reblog'] })
  same(grouped.notificationGroups.map((one) => one.type).toSorted(), ['favourite', 'reblog'], 'the grouped notifications')
  same(grouped.accounts.map((one) => one.id), [bob.account.id], 'who did it')

  const secret = await alice.say('@bob Between us', { visibility: 'direct' })
  const conversation = await eventually(
    async () => (await bob.v1.conversations.list()).find((one) => one.lastStatus?.id === secret.id), 'the conversation')
  expect(conversation.unread, 'it to be unread')
  expect(!(await bob.v1.conversations.$select(conversation.id).read()).unread, 'it to be read')

  // pages of one post, by the Link header
  const pages = []
  for await (const page of bob.v1.accounts.$select(alice.account.id).statuses.list({ limit: 1 })) pages.push(page)
  expect(pages.flat().length >= 3, 'the pages to go on')

  await alice.status(loud.id).remove()
  await bob.hears('delete', (one) => one === loud.id, 'the deletion')
  await refused(bob.status(loud.id).fetch(), 404, reason)

  await bob.revoke()
  await eventually(() => bob.ended, 'the stream of a revoked token to end')
  await refused(bob.v1.accounts.verifyCredentials(), 401, reason)
}

async function group() {
  const [alice, bob] = [await Person.signIn('alice', 'icecubesapp://'), await Person.signIn('bob', 'icecubesapp://')]
  const outsider = await Person.signIn('dora', 'icecubesapp://')
  const found = (await alice.v2.search.list({ q: '@cardio', type: 'accounts', resolve: true })).accounts[0]
  expect(found?.group && found.locked, 'the group, as a locked account')
  expect(found.fields[0].value.includes(`${BASE}/groups/${found.id}"`), 'a link to who can read it')
  for (const person of [alice, bob]) await join(person, found.id)

  await bob.listen()
  const said = await alice.say('@cardio An ECG with ST elevation')
  same([said.visibility, said.mentions.map((one) => one.acct)], ['private', ['cardio']], 'the narrowed post')
  await refused(outsider.status(said.id).fetch(), 404, reason)

  const lists = await bob.v1.lists.list()
  const room = lists.find((one) => one.title.includes('Cardio'))
  expect(room, 'the group among the lists')
  const inList = (await bob.v1.timelines.list.$select(room.id).list()).map((one) => one.id)
  expect(inList.includes(said.id), 'the post in the list')
  const shows = (one) => one.id === said.id || one.reblog?.id === said.id
  expect((await bob.v1.accounts.$select(found.id).statuses.list()).some(shows), "the post on the group's profile")
  expect((await bob.v1.timelines.home.list()).some((one) => one.account.id === found.id && one.reblog?.id === said.id),
    'the post at home, shown by the group')
  same(await outsider.v1.accounts.$select(found.id).statuses.list(), [], 'what others see of the profile')
  await bob.hears('update', shows, 'the post in the group')

  const reply = await bob.say('Cath lab', { inReplyToId: said.id })
  same(reply.visibility, 'private', 'the reply that inherits')
  await refused(outsider.status(reply.id).fetch(), 404, reason)
  const aside = await bob.say('@alice Only you', { inReplyToId: said.id, visibility: 'direct' })
  same(aside.visibility, 'direct', 'the aside')
  const thread = (await alice.status(said.id).context.fetch()).descendants.map((one) => one.id)
  same(thread.toSorted(), [reply.id, aside.id].toSorted(), "alice's thread")
  await refused(bob.status(said.id).reblog(), 422, reason)

  const before = (await bob.v1.accounts.$select(bob.account.id).statuses.list()).length
  const sentence = await refused(bob.say('The patient of bed nine'), 422, reason)
  expect(/mention one group/.test(sentence), `how to name a group, in: ${sentence}`)
  same((await bob.v1.accounts.$select(bob.account.id).statuses.list()).length, before, 'nothing to be stored')
  const word = await eventually(async () => {
    const said = (await bob.v1.conversations.list()).map((one) => one.lastStatus)
    return said.find((one) => one?.content.includes('named no group'))
  }, 'the message that explains it')
  expect(word.content.includes(`${BASE}/groups`) && !word.content.includes('bed nine'), 'a link, and nothing of the post')

  await alice.v1.accounts.$select(found.id).unfollow()
  await refused(alice.v1.timelines.list.$select(room.id).list(), 404, reason)
}

// Two groups that live elsewhere: one whose instance is away, and one that refuses what alice says.
async function elsewhere() {
  const [alice, bob] = [await Person.signIn('alice', 'icecubesapp://'), await Person.signIn('bob', 'icecubesapp://')]
  const own = async () => (await alice.v1.accounts.$select(alice.account.id).statuses.list()).map((one) => one.id)
  for (const [name, explanation] of [[process.env.AWAY, null], [process.env.STRICT, 'was not published']]) {
    const said = await alice.say(`${name} An ECG with zebrafinch waves`)
    same([said.visibility, said.mentions.map((one) => `@${one.acct}`)], ['private', [name]], 'the narrowed post')
    if (explanation) {
      const told = await eventually(async () => (await alice.v1.conversations.list()).map((one) => one.lastStatus?.content)
        .find((content) => content?.includes(explanation)), 'the message that says why')
      expect(!told.includes('zebrafinch'), 'nothing of the post in the message')
    }
    expect((await own()).includes(said.id), "the post among its author's own")
    same((await alice.status(said.id).fetch()).id, said.id, 'the post, for its author')
    await refused(bob.status(said.id).fetch(), 404, reason)
    await refused(alice.say('One more thing', { inReplyToId: said.id }), 422, reason)
    await alice.status(said.id).remove()
    expect(!(await own()).includes(said.id), 'the post to be taken back')
  }
}

async function join(person, groupId) {
  const wanted = await person.v1.accounts.$select(groupId).follow()
  expect(wanted.requested && !wanted.following, 'a request')
  const page = `/groups/${groupId}/join`
  await eventually(async () => JSON.stringify(await person.v1.conversations.list()).includes(page), 'the message with the link')
  await person.browser.send(await person.browser.open(page), page, { agreed: 'on' })
  await eventually(
    async () => (await person.v1.accounts.relationships.fetch({ id: [groupId] }))[0].following, 'to be a member')
}

await run({ everyday, group, elsewhere })
