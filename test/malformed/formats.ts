import { checkpointFormat } from './checkpoint.js';
import { csvFormat } from './csv.js';
import type { Format } from './format.js';
import { idx8, idxGzip } from './idx.js';
import { modelFormat } from './model.js';
import { npyFormat } from './npy.js';
import { npzFormat } from './npz.js';
import { runFormat } from './run.js';
import { safetensorsFormat } from './safetensors.js';
import { settingsFormat } from './settings.js';

/** Every format that the package reads, by name. */
export const formats: Readonly<Record<string, Format>> = {
  IDX: idx8,
  'IDX in gzip': idxGzip,
  CSV: csvFormat,
  NPY: npyFormat,
  NPZ: npzFormat,
  safetensors: safetensorsFormat,
  model: modelFormat,
  checkpoint: checkpointFormat,
  'settings of a training': settingsFormat,
  'settings of a run': runFormat,
};
