/**
 * Keep a conversation live: reconnect with backoff, resume after the last ``seq``, notice a line that fell silent.
 *
 * Two ways to hear what is new: a WebSocket, and a stream of events for networks that stop WebSockets.
 *
 * @typedef {{send: (frame: object) => void, stop: () => void}} Transport
 * @typedef {object} Listener
 * @property {(frame: any) => void} frame
 * @property {(refused: boolean) => void} end  Called once; ``refused`` when the token was not accepted.
 */

import { isGone } from "./api.js";

const REFUSED = 4401; // the code of a socket that closes because the token was not accepted
const FIRST = 500; // ms before the second try
const LONGEST = 15_000;
const SILENT = 75_000; // without a frame, not even a ping
const GRACE = 1_500; // a shorter break is not worth a word

/**
 * How long to wait before try number ``attempt`` (first is 0): doubling, with a random half so that not all come at once.
 *
 * @param {number} attempt
 * @param {() => number} [random]  0 to 1.
 * @returns {number} ms
 */
export function backoff(attempt, random = Math.random) {
  return Math.min(LONGEST, FIRST * 2 ** attempt) * (0.5 + random() / 2);
}

/**
 * @param {object} parts
 * @param {(attempt: number, listener: Listener) => Transport} parts.connect  Chooses the transport by how often it failed.
 * @param {(frame: any, first: boolean) => void} parts.onFrame  ``first``: what was missed while away.
 * @param {(status: "online"|"reconnecting") => void} parts.onStatus
 * @param {() => void} parts.onRefused
 */
export function createLive({ connect, onFrame, onStatus, onRefused }) {
  /** @type {Transport|null} */
  let transport = null;
  let wanted = false;
  let attempt = 0;
  let heard = 0; // when the last frame came
  /** @type {Record<string, number>} */
  const timers = {};
  const later = (/** @type {string} */ name, /** @type {() => void} */ run, /** @type {number} */ ms) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(run, ms);
  };
  const quiet = () => Object.values(timers).forEach(clearTimeout);

  function dial() {
    let first = true;
    transport?.stop();
    later("silent", again, SILENT);
    transport = connect(attempt, {
      frame(frame) {
        attempt = 0;
        heard = Date.now();
        clearTimeout(timers.grace);
        later("silent", again, SILENT);
        onStatus("online");
        if (frame.type === "messages") {
          onFrame(frame, first);
          first = false;
        } else onFrame(frame, false);
      },
      end(refused) {
        transport = null;
        if (refused) {
          stop();
          onRefused();
        } else again();
      },
    });
  }

  function again() {
    if (!wanted) return;
    transport?.stop();
    transport = null;
    if (!attempt) later("grace", () => onStatus("reconnecting"), GRACE);
    later("dial", dial, backoff(attempt++));
  }

  function now() {
    if (!wanted) return;
    attempt = 0;
    dial();
  }

  function awake() {
    if (document.visibilityState === "visible" && Date.now() - heard > 30_000) now();
  }

  function stop() {
    wanted = false;
    quiet();
    transport?.stop();
    transport = null;
    removeEventListener("online", now);
    removeEventListener("offline", again);
    document.removeEventListener("visibilitychange", awake);
  }

  return {
    start() {
      if (wanted) return;
      wanted = true;
      attempt = 0;
      addEventListener("online", now);
      addEventListener("offline", again);
      document.addEventListener("visibilitychange", awake);
      dial();
    },
    stop,
    send: (/** @type {object} */ frame) => transport?.send(frame),
  };
}

/**
 * @param {string} text
 * @returns {any}
 */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {string} url
 * @param {string} token  Goes into the first frame, never into the address.
 * @param {number} after
 * @param {Listener} listener
 * @returns {Transport}
 */
export function openSocket(url, token, after, listener) {
  const socket = new WebSocket(url);
  let over = false;
  const end = (/** @type {boolean} */ refused) => {
    if (!over) listener.end(refused);
    over = true;
  };
  const send = (/** @type {object} */ frame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  socket.onopen = () => send({ type: "hello", token, after });
  socket.onmessage = (event) => {
    const frame = read(event.data);
    if (frame?.type === "ping") send({ type: "pong" });
    if (frame && !over) listener.frame(frame);
  };
  socket.onclose = (event) => end(event.code === REFUSED);
  return {
    send,
    stop() {
      over = true;
      socket.close();
    },
  };
}

/**
 * Cut a stream of events into frames.
 *
 * @param {string} buffer  What has come and is not yet used.
 * @returns {{frames: any[], rest: string}}
 */
export function readEvents(buffer) {
  const parts = buffer.replaceAll("\r\n", "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const frames = parts
    .map((part) => read(part.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n")))
    .filter(Boolean);
  return { frames, rest };
}

/**
 * @param {(signal: AbortSignal) => Promise<Response>} open
 * @param {Listener} listener
 * @returns {Transport}
 */
export function openEvents(open, listener) {
  const controller = new AbortController();
  (async () => {
    let refused = false;
    try {
      const response = await open(controller.signal);
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const decoder = new TextDecoder();
      let buffer = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const { frames, rest } = readEvents(buffer + decoder.decode(value, { stream: true }));
        buffer = rest;
        frames.forEach(listener.frame);
      }
    } catch (error) {
      refused = isGone(error);
    }
    if (!controller.signal.aborted) listener.end(refused);
  })();
  return { send() {}, stop: () => controller.abort() };
}
