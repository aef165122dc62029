import type { Duplex } from 'node:stream';

const replies: Record<string, { status: string; message: string }> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The headers are too long; send less.',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    message: 'The request did not arrive in time; send it again.',
  },
};
const other = { status: '400 Bad Request', message: 'This is not an HTTP request; check the client.' };

/** Answers what Node's parser could not read, where no route and no dialect is known, as JSON; closes the socket. */
export function replyToMalformed(error: Error & { code?: string }, socket: Duplex): void {
  // Words of ours in the middle of a running reply would be taken for a part of it.
  const replying = '_httpMessage' in socket && socket._httpMessage != null;
  if (!socket.writable || replying || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, message } = replies[error.code ?? ''] ?? other;
  const body = JSON.stringify({ error: { message, code: 'invalid_request', param: null } });
  const head = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/json',
    'Connection: close',
    `Content-Length: ${body.length}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
