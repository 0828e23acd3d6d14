import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { makeService } from '../../examples/service.js';

describe('examples/service', () => {
  let server: Server;
  before(async () => {
    server = makeService().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  async function post(path: string, body: unknown) {
    const { port } = server.address() as AddressInfo;
    const options = { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, options);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  it('learns from feedback while it predicts', async () => {
    const examples = [
      { input: [1, 0], label: 0 },
      { input: [0, 1], label: 1 },
    ];
    for (let round = 0; round < 50; round++) {
      await Promise.all([
        ...examples.map((example) => post('/feedback', example)),
        post('/predict', { input: [0.5, 0.5] }),
      ]);
    }
    for (const { input, label } of examples) {
      expect(await post('/predict', { input })).to.deep.equal({ status: 200, body: { label } });
    }
  });

  it('says what is wrong with a request', async () => {
    for (const [path, body, status] of [
      ['/predict', { input: [1] }, 400],
      ['/predict', {}, 400],
      ['/predict', null, 400],
      ['/feedback', { input: [1, 0], label: 2 }, 400],
      ['/nothing', { input: [1, 0] }, 404],
    ] as const) {
      const answer = await post(path, body);
      expect(answer.status, `${path} ${JSON.stringify(body)}`).to.equal(status);
      expect(answer.body.error).to.be.a('string');
    }
  });
});
