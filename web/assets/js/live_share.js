/**
 * One stream for all tabs: the tab that holds a Web Lock keeps the EventSource open and tells the others
 * over a BroadcastChannel. When it closes, the lock goes to the next tab, which connects and says "resync".
 * Without locks (plain http on another machine) every tab has its own stream.
 */

const RETRY_MS = [1000, 2000, 5000, 10_000];
const BEAT_MS = 20_000;
const STALE_MS = 100_000; // background tabs may beat only once a minute

/** @typedef {(kind: string, data?: unknown) => void} Receive */

/**
 * @param {string} url
 * @param {string} key one stream a person: another log-in in this browser must not listen to this one
 * @param {Receive} receive gets change, resync, hello, on, off
 */
export function shareStream(url, key, receive) {
  if (!navigator.locks || !window.BroadcastChannel) {
    openStream(url, receive);
    return;
  }
  const name = `ondol-live:${url}:${key}`;
  const channel = new BroadcastChannel(name);
  let leading = false;
  let heard = Date.now();
  let state = "off";
  let first = true;

  channel.onmessage = ({ data }) => {
    if (data.kind === "ask") {
      if (leading) channel.postMessage({ kind: state, data: { reply: true } });
      return;
    }
    heard = Date.now();
    if (data.kind === "beat") return;
    receive(data.kind, data.data);
    if (data.kind === "on" && first) receive("hello", {});
    if (data.kind === "on") first = false;
  };
  channel.postMessage({ kind: "ask" });

  const lead = () => {
    leading = true;
    const beat = window.setInterval(() => channel.postMessage({ kind: "beat" }), BEAT_MS);
    const close = openStream(url, (kind, data) => {
      if (kind === "on" || kind === "off") state = kind;
      receive(kind, data);
      channel.postMessage({ kind, data });
    });
    return () => {
      leading = false;
      window.clearInterval(beat);
      close();
    };
  };
  takeTurns(name, lead, () => !leading && Date.now() - heard > STALE_MS);
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
