// A small fediverse server on Fedify, for tests. One person and the group "club", kept in memory, driven by POST /do/<command> with JSON.
// Environment: PORT, NAME (of host and person), KNOCK (the signature scheme that is tried first).
import dns from "node:dns";
import http from "node:http";
import { createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore } from "@fedify/fedify";
import { signRequest } from "@fedify/fedify/sig";
import { Accept, Announce, Create, Delete, Endpoints, Follow, Group, Like, Mention, Note, Person, PUBLIC_COLLECTION, Question, Reject, Tombstone, Undo,
  Update } from "@fedify/fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

// names under .localhost are this machine (RFC 6761), which not every resolver knows
const lookUp = dns.lookup;
dns.lookup = (host, options, done) => lookUp(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done);

const { PORT, NAME, KNOCK } = process.env;
const CLUB = "club";
const base = new URL(`http://${NAME}.localhost:${PORT}`);
const keys = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"), await generateCryptoKeyPair("Ed25519")];
const notes = new Map(), followers = new Map(), clubbers = new Map(), made = new Map();
const heard = []; // what arrived, verified
const schemes = { in: [], out: [] }; // by which scheme requests were signed
const problems = [];
let serial = 0;

const schemeOf = (headers) => (headers.has("signature-input") ? "rfc9421" : headers.has("signature") ? "cavage" : "none");
const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const answer = await plainFetch(request);
  schemes.out.push({ method: request.method, url: request.url, scheme: schemeOf(request.headers), status: answer.status });
  return answer;
};

const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: new InProcessMessageQueue(),
  allowPrivateAddress: true,
  firstKnock: KNOCK,
  outboxRetryPolicy: ({ attempts }) => (attempts < 5 ? Temporal.Duration.from({ seconds: 1 }) : null),
});

async function person(ctx, id) {
  if (id !== NAME && id !== CLUB) return null;
  const pairs = await ctx.getActorKeyPairs(id), Kind = id === CLUB ? Group : Person;
  return new Kind({
    id: ctx.getActorUri(id), preferredUsername: id, name: (id === NAME && made.get("name")) || id, url: new URL(`/@${id}`, base),
    inbox: ctx.getInboxUri(id), outbox: ctx.getOutboxUri(id), followers: ctx.getFollowersUri(id),
    endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
    publicKey: pairs[0].cryptographicKey, assertionMethods: pairs.map((pair) => pair.multikey),
  });
}
federation.setActorDispatcher("/people/{identifier}", person).setKeyPairsDispatcher((_ctx, id) => (id === NAME || id === CLUB ? keys : []));
federation.setFollowersDispatcher("/people/{identifier}/followers", (_ctx, id) => ({ items: [...(id === CLUB ? clubbers : followers).values()] }));
federation.setOutboxDispatcher("/people/{identifier}/outbox", () => ({ items: [] }));

const open = (note) => [...note.toIds, ...note.ccIds].some((id) => id.href === PUBLIC_COLLECTION.href);
federation.setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) => notes.get(id) ?? null).authorize(async (ctx, { id }) => {
  const note = notes.get(id);
  if (!note || open(note)) return true;
  const owner = await ctx.getSignedKeyOwner();
  return owner != null && (followers.has(owner.id.href) || [...followers.keys()].some((one) => new URL(one).origin === owner.id.origin));
});

const hear = (kind, activity, more = {}) =>
  heard.push({ kind, id: activity.id?.href, actor: activity.actorId?.href, object: activity.objectId?.href, ...more });
const words = (note) => ({ content: note?.content?.toString(), inReplyTo: note?.replyTargetId?.href });
async function tally(ctx, question) {
  const counts = [];
  for await (const option of question.getExclusiveOptions(ctx)) counts.push(`${option.name} ${(await option.getReplies(ctx))?.totalItems}`);
  return { counts: counts.join(", "), voters: question.voters };
}
federation.setInboxListeners("/people/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(Follow, async (ctx, follow) => {
    const who = await follow.getActor(ctx);
    hear("Follow", follow);
    const whom = follow.objectId.href === ctx.getActorUri(CLUB).href ? CLUB : NAME;
    (whom === CLUB ? clubbers : followers).set(who.id.href, who);
    await send(ctx, who, new Accept({ id: fresh("accept"), actor: ctx.getActorUri(whom), object: follow }), whom);
  })
  .on(Accept, (_ctx, accept) => hear("Accept", accept))
  .on(Reject, (_ctx, reject) => hear("Reject", reject))
  .on(Create, async (ctx, create) => hear("Create", create, words(await create.getObject(ctx))))
  .on(Update, async (ctx, update) => {
    const thing = await update.getObject(ctx);
    const told = thing instanceof Note ? words(thing) : thing instanceof Question ? await tally(ctx, thing) : { name: thing?.name?.toString() };
    hear("Update", update, told);
  })
  .on(Delete, (_ctx, gone) => hear("Delete", gone))
  .on(Like, (_ctx, like) => hear("Like", like))
  .on(Announce, (_ctx, boost) => hear("Announce", boost))
  .on(Undo, async (ctx, undo) => {
    const undone = await undo.getObject(ctx);
    hear("Undo", undo, { of: undone?.constructor.name, about: undone?.objectId?.href });
    if (undone instanceof Follow) followers.delete(undo.actorId.href);
  })
  .onError((_ctx, error) => problems.push(String(error?.stack ?? error)));

const fresh = (kind) => new URL(`/activities/${kind}-${++serial}`, base);
const send = (ctx, to, activity, identifier = NAME) => ctx.sendActivity({ identifier }, to, activity);
const find = async (ctx, uri) => ctx.lookupObject(uri, { documentLoader: await ctx.getDocumentLoader({ identifier: NAME }) });
const keep = (name, activity) => { made.set(name, activity); return { id: activity.id.href }; };

const commands = {
  state: () => ({ heard, schemes, problems, followers: [...followers.keys()] }),
  async follow(ctx, { actor }) {
    const whom = await find(ctx, actor);
    const follow = new Follow({ id: fresh("follow"), actor: ctx.getActorUri(NAME), object: whom.id, to: whom.id });
    await send(ctx, whom, follow);
    return keep(`follow ${actor}`, follow);
  },
  async note(ctx, { content, visibility = "public", to = [], inReplyTo }) {
    const people = await Promise.all(to.map((one) => find(ctx, one)));
    const all = ctx.getFollowersUri(NAME), named = people.map((one) => one.id), id = `${++serial}`;
    const tos = { public: [PUBLIC_COLLECTION], followers: [all], direct: named }[visibility];
    const ccs = { public: [all, ...named], followers: named, direct: [] }[visibility];
    const note = new Note({
      id: ctx.getObjectUri(Note, { id }), attribution: ctx.getActorUri(NAME), content, tos, ccs, published: Temporal.Now.instant(),
      replyTarget: inReplyTo ? new URL(inReplyTo) : null,
      tags: people.map((one) => new Mention({ href: one.id, name: `@${one.preferredUsername}@${one.id.host}` })),
    });
    notes.set(id, note);
    const receivers = [...(visibility === "direct" ? [] : followers.values()), ...people];
    const create = new Create({ id: fresh("create"), actor: ctx.getActorUri(NAME), object: note, tos, ccs });
    made.set(`create ${note.id.href}`, create);
    await send(ctx, receivers, create);
    return { id: note.id.href, create: create.id.href };
  },
  // the club announces a note of its host's person: the activity, as Lemmy does, or the note, as Mastodon shows it
  async announce(ctx, { id, whole }) {
    const object = whole ? made.get(`create ${id}`) : new URL(id);
    const announce = new Announce({ id: fresh("announce"), actor: ctx.getActorUri(CLUB), object, to: PUBLIC_COLLECTION,
      cc: ctx.getFollowersUri(CLUB) });
    await send(ctx, [...clubbers.values()], announce, CLUB);
    return { id: announce.id.href };
  },
  async edit(ctx, { id, content }) {
    const key = id.split("/").pop(), note = notes.get(key).clone({ content, updated: Temporal.Now.instant().add({ seconds: 2 }) });
    notes.set(key, note);
    const update = new Update({ id: fresh("update"), actor: ctx.getActorUri(NAME), object: note, tos: note.toIds, ccs: note.ccIds });
    await send(ctx, [...followers.values()], update);
    return {};
  },
  async remove(ctx, { id }) {
    notes.delete(id.split("/").pop());
    const object = new Tombstone({ id: new URL(id) });
    await send(ctx, [...followers.values()], new Delete({ id: fresh("delete"), actor: ctx.getActorUri(NAME), object, to: PUBLIC_COLLECTION }));
    return {};
  },
  async react(ctx, { kind, id }) {
    const note = await find(ctx, id), author = await find(ctx, note.attributionId.href);
    const Kind = { Like, Announce }[kind], to = kind === "Like" ? author.id : PUBLIC_COLLECTION;
    const reaction = new Kind({ id: fresh(kind.toLowerCase()), actor: ctx.getActorUri(NAME), object: note.id, to });
    await send(ctx, author, reaction);
    return keep(`${kind} ${id}`, reaction);
  },
  async vote(ctx, { id, options }) {
    const question = await find(ctx, id), author = await find(ctx, question.attributionId.href);
    for (const name of options) {
      const vote = new Note({ id: new URL(`/votes/${++serial}`, base), attribution: ctx.getActorUri(NAME), name, replyTarget: question.id, to: author.id });
      await send(ctx, author, new Create({ id: fresh("vote"), actor: ctx.getActorUri(NAME), object: vote, to: author.id }));
    }
    return {};
  },
  async undo(ctx, { what, actor }) {
    const object = made.get(what), whom = await find(ctx, actor);
    await send(ctx, whom, new Undo({ id: fresh("undo"), actor: ctx.getActorUri(NAME), object, to: whom.id }));
    return {};
  },
  async rename(ctx, { name }) {
    made.set("name", name);
    const update = new Update({ id: fresh("update"), actor: ctx.getActorUri(NAME), object: await person(ctx, NAME), to: PUBLIC_COLLECTION });
    await send(ctx, [...followers.values()], update);
    return {};
  },
  async get(ctx, { uri, signed }) {
    let request = new Request(uri, { headers: { accept: "application/activity+json" } });
    if (signed) {
      const spec = KNOCK;
      request = await signRequest(request, keys[0].privateKey, new URL("#main-key", ctx.getActorUri(NAME)), { spec });
    }
    const answer = await plainFetch(request);
    return { status: answer.status, body: await answer.text() };
  },
};

async function answer(incoming, outgoing) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = Buffer.concat(chunks), url = new URL(incoming.url, base), headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
  let response;
  try {
    if (url.pathname.startsWith("/do/")) {
      const result = await commands[url.pathname.slice(4)](federation.createContext(base, undefined), JSON.parse(body.toString() || "{}"));
      response = Response.json(result);
    } else {
      const request = new Request(url, { method: incoming.method, headers, body: body.length ? body : undefined });
      response = await federation.fetch(request, { contextData: undefined });
      schemes.in.push({ method: incoming.method, url: url.href, scheme: schemeOf(headers), status: response.status });
    }
  } catch (error) {
    problems.push(String(error?.stack ?? error));
    response = Response.json({ error: String(error) }, { status: 500 });
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

http.createServer(answer).listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
