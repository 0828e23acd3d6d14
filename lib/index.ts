/** The public names of the package. */

export type { Floats } from './check.js';
export { Dataset, type DatasetOptions, dataset } from './data/dataset.js';
export { type FolderOptions, fashionMnist, mnist, readMnistFolder, type TrainAndTest } from './data/mnist.js';
export { openDataset } from './data/open.js';
export type { ActivationName } from './energy/activation.js';
export { angleBetween } from './energy/angle.js';
export { type Bias, bias } from './energy/bias.js';
export { colouring } from './energy/colouring.js';
export type { Complex, ComplexArray } from './energy/complex.js';
export { type ConjugateActivation, type ConjugateLeak, conjugateLeak } from './energy/conjugate-leak.js';
export type { ComplexCostGradient, Cost } from './energy/cost.js';
export { type CrossEntropy, crossEntropy } from './energy/cross-entropy.js';
export {
  type CrossEntropyReadOut,
  type CrossEntropyReadOutOptions,
  crossEntropyReadOut,
} from './energy/cross-entropy-read-out.js';
export { type DecayedCost, withDecay } from './energy/decay.js';
export { type Dense, type DenseOptions, dense } from './energy/dense.js';
export { Energy, type EnergyParameter, sum } from './energy/energy.js';
export type { ComplexGradients, Interaction, ParameterSpec, PerUnit } from './energy/interaction.js';
export { type Lateral, type LateralOptions, lateral } from './energy/lateral.js';
export { Layer, type LayerOptions, layer } from './energy/layer.js';
export { type Leak, type LeakOptions, leak } from './energy/leak.js';
export { type Memory, type MemoryOptions, memory } from './energy/memory.js';
export { type Potential, potential } from './energy/potential.js';
export { type Resistive, type ResistiveOptions, resistive } from './energy/resistive.js';
export { type SquaredError, type SquaredErrorOptions, squaredError } from './energy/squared-error.js';
export { type Untied, type UntiedOptions, untied } from './energy/untied.js';
export type { EngineOptions } from './engine/choose.js';
export {
  ArgumentError,
  DataError,
  DivergenceError,
  EngineError,
  EqpropError,
  type ErrorCode,
  StateError,
} from './errors.js';
export { type HopfieldOptions, hopfield } from './hopfield.js';
export {
  type Equilibrium,
  type EvaluateOptions,
  Model,
  type ModelOptions,
  type ModelSpec,
  type SettleOptions,
} from './model.js';
export type { Parameter } from './model-file.js';
export { centered } from './phases/centered.js';
export { type CoordinateDescent, coordinateDescent } from './phases/coordinate-descent.js';
export type { Dynamics } from './phases/dynamics.js';
export type { Estimator, EstimatorOptions, Phase, Program, Term } from './phases/estimator.js';
export { type Euler, type EulerOptions, euler } from './phases/euler.js';
export { type FixedPoint, fixedPoint, type RelaxedOptions } from './phases/fixed-point.js';
export { negative } from './phases/negative.js';
export { positive } from './phases/positive.js';
export { randomSign } from './phases/random-sign.js';
export type { Random } from './random.js';
export type { EpochRecord, FitOptions, Metrics, Progress } from './training/fit.js';
export { type Optimizer, type SgdOptions, sgd } from './training/sgd.js';
