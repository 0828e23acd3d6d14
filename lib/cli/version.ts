/** The version of the package. */
export const { version }: { version: string } = require('eqprop/package.json');
