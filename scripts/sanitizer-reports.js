// What address and undefined-behaviour sanitizers have written into a folder of reports.
//
// No leak is suppressed by name: LeakSanitizer's suppressions match any frame, and beneath every call of the addon are V8's.
// Instead a leak counts as the addon's where one of its frames is on the stack and none of V8's is nearer to the allocation,
// as where a call makes an object. A process that ends by process.exit leaves V8's heap as it stands, and other programs
// (bash, Python) are not ours.

const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const OURS = /\beqprop::|eqprop\.node|\/native\/(binding|engine|kernels)\//;
const OF_V8 = /\bv8::|\bBuiltins_/;

/** The functions on the stack of a leak, the innermost first. */
function framesOf(leak) {
  return [...leak.matchAll(/^ +#\d+ 0x[0-9a-f]+ (?:in )?(.*)$/gm)].map(([, frame]) => frame);
}

function isOurs(leak) {
  const nearest = framesOf(leak).find((frame) => OURS.test(frame) || OF_V8.test(frame));
  return nearest !== undefined && OURS.test(nearest);
}

/** Of one report, the errors that end a process, leaks of the addon's, and how many leaks are of others. Warnings of memory
 * that could not be had are none of these. */
function read(report) {
  const leaks = report.split(/\n\n/).filter((part) => /^(Direct|Indirect) leak of /m.test(part));
  const ours = leaks.filter(isOurs);
  const isError = /ERROR: AddressSanitizer|runtime error: /.test(report);
  return { errors: isError ? [report] : [], leaks: ours, others: leaks.length - ours.length };
}

/** All that stands in a folder. */
function readReports(folder) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const all = names.map((name) => read(readFileSync(join(folder, name), 'utf8')));
  return {
    errors: all.flatMap(({ errors }) => errors),
    leaks: all.flatMap(({ leaks }) => leaks),
    others: all.reduce((sum, { others }) => sum + others, 0),
  };
}

module.exports = { readReports };
