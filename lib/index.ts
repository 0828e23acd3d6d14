/** The public names of the package. */

export type { Agreement } from './audit/compare.js';
export type { DerivativeReport } from './audit/derivatives.js';
export type { Moment, Recording } from './audit/record.js';
export type { AuditReport, BiasReport, EstimatorReport, PhaseReport } from './audit/report.js';
export type { StepCurve, StepReport } from './audit/steps.js';
export type { Floats } from './check.js';
export { type CsvOptions, type CsvTable, readCsv } from './data/csv.js';
export { type CsvDatasetOptions, csvDataset } from './data/csv-dataset.js';
export { Dataset, type DatasetOptions, dataset, type InputsOnlyOptions, inputsOnly } from './data/dataset.js';
export { type FolderOptions, fashionMnist, mnist, readMnistFolder, type TrainAndTest } from './data/mnist.js';
export { type NpyArray, type NpyData, readNpy } from './data/npy.js';
export { type NpzOptions, readNpz } from './data/npz.js';
export { type NpzDatasetOptions, npzDataset } from './data/npz-dataset.js';
export { type OpenOptions, openDataset, openInputs } from './data/open.js';
export type { ReaderOptions } from './data/reader-options.js';
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
export type { EngineFacts, NativePrecision, Precision } from './engine/engine.js';
export { nativeBytes } from './engine/native-bytes.js';
export { setThreadLimit, threadLimit } from './engine/thread-limit.js';
export {
  ArgumentError,
  DataError,
  DivergenceError,
  type DivergenceKind,
  EngineError,
  EqpropError,
  type ErrorCode,
  StateError,
} from './errors.js';
export { type HopfieldCost, type HopfieldOptions, hopfield } from './hopfield.js';
export type { AuditOptions } from './model/audit.js';
export type { Clamp, Equilibrium, GradientBatch, RecordOptions, SettleOptions } from './model/call.js';
export type { Parameter } from './model/file.js';
export type { EvaluateOptions, ModelOptions, ModelSpec } from './model/options.js';
export { Model } from './model.js';
export { type Anderson, type AndersonOptions, anderson } from './phases/anderson.js';
export { centered } from './phases/centered.js';
export { type ContinualOptions, continual } from './phases/continual.js';
export { type ContrastiveOptions, contrastive } from './phases/contrastive.js';
export { type CoordinateDescent, coordinateDescent } from './phases/coordinate-descent.js';
export { coupled, coupledCentered, coupledNegative } from './phases/coupled.js';
export type { Dynamics } from './phases/dynamics.js';
export type { Estimator, EstimatorOptions, Phase, Program, Term } from './phases/estimator.js';
export { type Euler, type EulerOptions, euler } from './phases/euler.js';
export { type FiniteDifferencesOptions, finiteDifferences } from './phases/finite-differences.js';
export { type FixedPoint, fixedPoint, type RelaxedOptions } from './phases/fixed-point.js';
export { type HolomorphicOptions, holomorphic } from './phases/holomorphic.js';
export { type Langevin, type LangevinOptions, langevin } from './phases/langevin.js';
export { negative } from './phases/negative.js';
export { plasticity } from './phases/plasticity.js';
export { positive } from './phases/positive.js';
export type { Procedure } from './phases/procedure.js';
export { randomSign } from './phases/random-sign.js';
export { type RecurrentBackpropOptions, recurrentBackprop } from './phases/recurrent-backprop.js';
export type { Start, TrainingStart } from './phases/start.js';
export { type StochasticOptions, stochastic } from './phases/stochastic.js';
export { type TruncatedBackpropOptions, truncatedBackprop } from './phases/truncated-backprop.js';
export { type VectorFieldOptions, vectorField } from './phases/vector-field.js';
export type { Random } from './random.js';
export type { EarlyStoppingOptions } from './training/early-stopping.js';
export type { FitOptions, Progress } from './training/fit-options.js';
export type { EpochRecord, Metrics } from './training/history.js';
export type { CheckpointOptions, Interval } from './training/saves.js';
export { type Decay, type Optimizer, type SgdOptions, sgd } from './training/sgd.js';
export type { WatchedMetric } from './training/watched-metric.js';
