/**
 * A service that predicts and learns from feedback while it serves: `POST /predict { input }` answers { label }, `POST
 * /feedback { input, label }` learns from one example. Requests may overlap: a prediction that comes while the model learns
 * waits for one batch at most. Port: the first argument, or 8080.
 */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { centered, dataset, EqpropError, euler, hopfield, sgd } from 'eqprop';

const INPUTS = 2;
const CLASSES = 2;

/** A server around a new model; it listens to nothing yet. */
export function makeService(): Server {
  const model = hopfield([INPUTS, 16, CLASSES], { output: { activation: 'linear' }, seed: 1 });
  const dynamics = euler({ iterations: 30, tolerance: 1e-4 });
  const estimator = centered({ beta: 0.5, free: dynamics, nudged: dynamics });
  const optimizer = sgd({ learningRate: 0.05 });
  let learned: Promise<unknown> = Promise.resolve(); // one training at a time: each waits for the one before

  async function answer({ method, url }: IncomingMessage, body: { input: number[]; label: number }): Promise<unknown> {
    const inputs = Float32Array.from(body.input);
    if (`${method} ${url}` === 'POST /predict') return { label: (await model.predict(inputs))[0] };
    if (`${method} ${url}` !== 'POST /feedback') throw new RangeError(`there is no ${method} ${url}`);
    const example = dataset({ inputs, shape: [INPUTS], labels: [body.label], classes: CLASSES });
    const fitted = learned.then(() => model.fit(example, { epochs: 1, estimator, optimizer }));
    learned = fitted.catch(() => undefined);
    const [{ cost }] = await fitted;
    return { cost };
  }

  const server = createServer(async (request, response) => {
    let [status, said]: [number, unknown] = [200, undefined];
    try {
      said = await answer(request, (await json(request)) as { input: number[]; label: number });
    } catch (error) {
      const theirs = error instanceof EqpropError || error instanceof SyntaxError || error instanceof TypeError;
      status = theirs ? 400 : error instanceof RangeError ? 404 : 500;
      said = { error: (error as Error).message };
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  return server.on('close', () => model.dispose());
}

if (require.main === module) {
  const server = makeService().listen(Number(process.argv[2] ?? 8080), () =>
    console.log('listening', server.address()),
  );
  process.once('SIGINT', () => server.close());
}
