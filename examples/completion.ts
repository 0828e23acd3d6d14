/**
 * One energy, three questions: a label from an image, an image from a label, the missing half of an image from the other
 * half. What is known is clamped, all else settles; see docs/completion.md.
 *
 *     node dist/examples/completion.js --out pictures
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  bias,
  type Clamp,
  coordinateDescent,
  type Dataset,
  dense,
  type Equilibrium,
  type Floats,
  layer,
  leak,
  Model,
  mnist,
  squaredError,
  sum,
} from 'eqprop';
import { CLASSES, errorOutside, labelsAsFloats, mask, meanImage, meanImages, PIXELS } from './support/digits.js';
import { writeSheet } from './support/sheet.js';

const BATCH = 20;
/** How far what the network has settled to is moved towards what is right, 1 being all the way: images are better for a
 * gentle teacher, labels for one who tells all. */
const REACH = { image: 0.6, label: 1 };
/** A label has one unit where an image has a hundred: its weights learn faster, to be heard as well. */
const RATES: Readonly<Record<string, number>> = { 'know.weight': 1.5 };
const RATE = 0.05;
const DECAY = 0.6;

const TOP = mask((_, y) => y < 14);
const LEFT = mask((x) => x < 14);
const HALVES = [TOP, LEFT, mask((_, y) => y >= 14), mask((x) => x >= 14)];

const image = layer([PIXELS], { name: 'image', clamped: true, activation: 'hardSigmoid' });
const hidden = layer([200], { name: 'hidden' });
const label = layer([CLASSES], { name: 'label' });
const energy = sum(
  ...[image, hidden, label].flatMap((l) => [leak(l), bias(l)]),
  dense(image, hidden, { name: 'see' }),
  dense(label, hidden, { name: 'know' }),
);

/** Layers that are given, whole or in part. */
type Given = Record<string, Clamp>;
type Parameters = Record<string, Float64Array>;

/** What a batch is asked for: in turn, its images, its labels, and halves of its images (labels are then unknown, too). */
function question(step: number, images: Floats, labels: Floats): { given: Given; reach: number } {
  if (step % 3 === 0) return { given: { label: labels }, reach: REACH.image };
  if (step % 3 === 1) return { given: { image: images }, reach: REACH.label };
  const half = { values: images, mask: HALVES[Math.floor(step / 3) % HALVES.length] };
  return { given: { image: half }, reach: REACH.image };
}

/** θ −= factor · rate · (∂E/∂θ where it was taught − ∂E/∂θ where it settled by itself) */
function learn(parameters: Parameters, free: Equilibrium, taught: Equilibrium, factor: number): void {
  for (const [name, { spec, interaction }] of energy.parameters) {
    const scale = (factor * (RATES[name] ?? RATE)) / BATCH;
    for (const [{ state }, sign] of [[taught, -1] as const, [free, 1] as const]) {
      const values = interaction.layers.map((l) => Float64Array.from(state[energy.nameOf(l)]));
      const parameter = interaction.parameters.indexOf(spec);
      interaction.parameterGradient(parameter, values, [], BATCH, sign * scale, parameters[name]);
    }
  }
}

/** Coupled learning (Stern et al. 2021): settle, take what settled a part of the way to what is right, settle again. */
async function train(model: Model, data: Dataset, epoch: number): Promise<void> {
  const parameters = Object.fromEntries([...model.parameters].map(([name, p]) => [name, Float64Array.from(p.data)]));
  for (let step = 0; (step + 1) * BATCH <= data.count; step++) {
    const [from, to] = [step * BATCH, (step + 1) * BATCH];
    const [images, labels] = [data.inputsAsFloats(from, to), labelsAsFloats(data, from, to)];
    const { given, reach } = question(step, images, labels);
    const towards = (state: Floats, right: Floats) => Float32Array.from(state, (v, i) => v + reach * (right[i] - v));
    const free = await model.settle({ clamp: given });
    const { image, label } = free.state;
    const taught = await model.settle({ clamp: { image: towards(image, images), label: towards(label, labels) } });
    learn(parameters, free, taught, DECAY ** (epoch - 1) / reach);
    model.setParameters(parameters);
  }
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      examples: { type: 'string', default: '5000' },
      epochs: { type: 'string', default: '6' },
      out: { type: 'string', default: '.' },
    },
  });
  const data = await mnist();
  const training = data.train.slice(0, Number(options.examples));
  const test = data.test.slice(0, Math.min(1000, training.count));
  const model = new Model({
    energy,
    cost: squaredError(label),
    input: image,
    output: label,
    seed: 1,
    dynamics: coordinateDescent({ iterations: 20, tolerance: 1e-3 }),
  });

  for (let epoch = 1; epoch <= Number(options.epochs); epoch++) {
    await train(model, training, epoch);
    const { error = Number.NaN } = await model.evaluate(test);
    console.log(`epoch ${epoch}: label from image, error ${(100 * error).toFixed(1)} %`);
  }

  await reportHalves(model, training, test);
  mkdirSync(options.out, { recursive: true });
  await draw(model, test, options.out);
}

/** The mean squared error of halves that the network adds, beside those of two pictures that know nothing of the half given. */
async function reportHalves(model: Model, training: Dataset, test: Dataset): Promise<void> {
  const images = test.inputsAsFloats();
  const [mean, means] = [meanImage(training), meanImages(training)];
  const overall = images.map((_, i) => mean[i % PIXELS]);
  const ofLabel = images.map((_, i) => means[Number(test.labels?.[Math.floor(i / PIXELS)]) * PIXELS + (i % PIXELS)]);
  for (const [name, kept] of Object.entries({ 'lower half from upper': TOP, 'right half from left': LEFT })) {
    const { state } = await model.settle({ clamp: { image: { values: images, mask: kept } } });
    const errors = { completed: state.image, 'mean image': overall, 'mean image of the label': ofLabel };
    const told = Object.entries(errors).map(([what, made]) => `${what} ${errorOutside(kept, made, images).toFixed(4)}`);
    console.log(`${name}, mean squared error: ${told.join(', ')}`);
  }
}

/** labels.png: an image for each label. halves.png: test images, the halves that are given, completed. */
async function draw(model: Model, test: Dataset, folder: string): Promise<void> {
  const labels = Float32Array.from({ length: CLASSES ** 2 }, (_, i) => Number(i % (CLASSES + 1) === 0));
  const imagined = await model.settle({ clamp: { label: labels } });
  writeSheet(join(folder, 'labels.png'), [imagined.state.image]);

  const images = test.inputsAsFloats(0, 10);
  const rows: Floats[] = [images];
  for (const kept of [TOP, LEFT]) {
    const { state } = await model.settle({ clamp: { image: { values: images, mask: kept } } });
    rows.push(
      images.map((v, i) => v * kept[i % PIXELS]),
      state.image,
    );
  }
  writeSheet(join(folder, 'halves.png'), rows);
}

void main();
