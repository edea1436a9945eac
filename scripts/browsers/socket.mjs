// Commands and events as JSON over one WebSocket: what CDP and WebDriver BiDi have in common.

export class Socket {
  static async connect(url) {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`cannot connect to ${url}`));
    });
    return new Socket(socket);
  }

  constructor(socket) {
    this.socket = socket;
    this.next = 0;
    this.open = new Map();
    this.onEvent = () => {};
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      const { resolve, reject, method } = this.open.get(message.id) ?? {};
      if (!resolve) return this.onEvent(message);
      this.open.delete(message.id);
      if (message.error) reject(new Error(`${method}: ${JSON.stringify(message)}`));
      else resolve(message.result);
    };
    socket.onclose = () => {
      for (const { reject, method } of this.open.values()) reject(new Error(`${method}: the browser went away`));
    };
  }

  send(method, params = {}, more = {}) {
    const id = ++this.next;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject, method });
      this.socket.send(JSON.stringify({ id, method, params, ...more }));
    });
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
