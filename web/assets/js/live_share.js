/**
 * One stream for all tabs: the tab that holds a Web Lock keeps the EventSource open and tells the others
 * over a BroadcastChannel. When it closes, the lock goes to the next tab, which connects and says "resync".
 * Without locks (plain http on another machine) every tab has its own stream.
 *
 * A stream whose address ends with "?hear=" tells what the tabs' parts wait for and nothing else. Who leads
 * asks for what all of them want, and opens it anew when one of them wants more.
 */

const RETRY_MS = [1000, 2000, 5000, 10_000];
const BEAT_MS = 20_000;
const STALE_MS = 100_000; // background tabs may beat only once a minute
const OWN = "?hear=";
const GATHER_MS = 50; // tabs that want more at the same time open the stream anew once
const MOST_TOPICS = 200; // of an address; who wants more than this hears everything

/** @typedef {(kind: string, data?: unknown) => void} Receive */

/**
 * @param {string} url
 * @param {string} key one stream a person: another log-in in this browser must not listen to this one
 * @param {() => string[]} wanted what the parts of this tab wait for
 * @param {Receive} receive gets change, resync, hello, on, off
 * @returns {() => void} to be called when the parts may wait for more than before
 */
export function shareStream(url, key, wanted, receive) {
  if (!navigator.locks || !window.BroadcastChannel) {
    const stream = openWideningStream(url, receive);
    stream.want(wanted());
    return () => stream.want(wanted());
  }
  const name = `ondol-live:${url}:${key}`;
  const channel = new BroadcastChannel(name);
  /** @type {ReturnType<typeof openWideningStream> | undefined} */
  let stream;
  let heard = Date.now();
  let state = "off";
  let first = true;

  const want = () => (stream ? stream.want(wanted()) : channel.postMessage({ kind: "want", data: wanted() }));
  channel.onmessage = ({ data }) => {
    if (data.kind === "want") {
      stream?.want(data.data);
      return;
    }
    if (data.kind === "ask") {
      if (stream) channel.postMessage({ kind: state, data: { reply: true } });
      return;
    }
    heard = Date.now();
    if (data.kind === "beat") return;
    receive(data.kind, data.data);
    if (data.kind === "on" && first) receive("hello", {});
    if (data.kind === "on") first = false;
    if (data.kind === "on" && !stream) want(); // who leads now may not know it
  };
  channel.postMessage({ kind: "ask" });

  const lead = () => {
    const beat = window.setInterval(() => channel.postMessage({ kind: "beat" }), BEAT_MS);
    const mine = openWideningStream(url, (kind, data) => {
      if (kind === "on" || kind === "off") state = kind;
      receive(kind, data);
      channel.postMessage({ kind, data });
    });
    stream = mine;
    mine.want(wanted());
    return () => {
      stream = undefined;
      window.clearInterval(beat);
      mine.close();
    };
  };
  takeTurns(name, lead, () => !stream && Date.now() - heard > STALE_MS);
  return want;
}

/**
 * A stream that is opened anew when more is wanted of it than it tells; until something is, it is closed.
 * @param {string} url
 * @param {Receive} receive
 */
function openWideningStream(url, receive) {
  const topics = new Set();
  const own = url.endsWith(OWN);
  let close = () => {};
  let timer = 0;
  const open = () => {
    timer = 0;
    close();
    close = openStream(own ? addressFor(url, topics) : url, receive);
  };
  let opened = false;
  return {
    close: () => {
      window.clearTimeout(timer);
      close();
    },
    /** @param {string[]} more */
    want: (more) => {
      const before = topics.size;
      more.forEach((topic) => topics.add(topic));
      const isMore = own && topics.size > before;
      if (opened && !isMore) return;
      window.clearTimeout(timer);
      if (opened) timer = window.setTimeout(open, GATHER_MS);
      else open();
      opened = true;
    },
  };
}

/**
 * Wait for the lock and lead while holding it; take it from a leader that has gone silent (a frozen tab).
 * @param {string} name
 * @param {() => (() => void)} lead
 * @param {() => boolean} leaderIsSilent
 */
function takeTurns(name, lead, leaderIsSilent) {
  const hold = () => new Promise((_resolve, reject) => {
    const stop = lead();
    window.addEventListener("pagehide", () => reject(stop()), { once: true });
    stopWhenLost = stop;
  });
  let stopWhenLost = () => {};
  const wait = (/** @type {LockOptions} */ options) =>
    navigator.locks.request(name, options, hold).catch((error) => {
      stopWhenLost();
      stopWhenLost = () => {};
      if (error?.name === "AbortError") wait({}); // stolen: queue up again
    });
  wait({});
  window.setInterval(() => leaderIsSilent() && !document.hidden && wait({ steal: true }), BEAT_MS);
  window.addEventListener("pageshow", (event) => event.persisted && wait({}));
}

/** @param {string} url @param {Set<string>} topics */
function addressFor(url, topics) {
  if (topics.size > MOST_TOPICS || topics.has("*")) return url.slice(0, -OWN.length);
  return url + encodeURIComponent([...topics].join(","));
}

/**
 * @param {string} url
 * @param {Receive} receive
 * @returns {() => void} closes the stream
 */
function openStream(url, receive) {
  let tries = 0;
  let closed = false;
  let timer = 0;
  /** @type {EventSource | undefined} */
  let source;

  const connect = () => {
    source = new EventSource(url);
    let greeted = false;
    source.onopen = () => {
      receive("on");
      if (tries > 0) receive("resync");
      tries = 0;
      window.setTimeout(() => greeted || receive("hello", {}), 300);
    };
    source.onerror = () => {
      receive("off");
      tries += 1;
      if (source?.readyState === EventSource.CLOSED && !closed) {
        timer = window.setTimeout(connect, RETRY_MS[Math.min(tries - 1, RETRY_MS.length - 1)]);
      }
    };
    for (const kind of ["change", "resync", "hello", "ended"]) {
      source.addEventListener(kind, (event) => {
        if (kind === "hello") greeted = true;
        receive(kind, parse(/** @type {MessageEvent} */ (event).data));
      });
    }
  };
  connect();
  return () => {
    closed = true;
    window.clearTimeout(timer);
    source?.close();
  };
}

/** @param {string} data */
function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
}
