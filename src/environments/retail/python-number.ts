/** Python's float text and rounding, which the database hash and the tool replies follow. */

/** `repr(float)`: shortest round-trip digits with a point, exponents below 1e-4 and from 1e16. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === 0) return `${sign}0.0`;
  const [mantissa = '', power = '0'] = size.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const digits = mantissa.replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** `round(value, 2)`: to cents, half to even on the exact binary value. */
export function roundCents(value: number): number {
  const size = Math.abs(value);
  if (size >= 1e20 || Number.isNaN(value)) return value;
  // Only odd multiples of 1/8 lie exactly between two cents; toFixed is exact for all others.
  if (!Number.isInteger(size * 8) || (size * 8) % 2 === 0) return Number(value.toFixed(2));
  const below = Math.floor(size * 100);
  const cents = (below % 2 === 0 ? below : below + 1) / 100;
  return value < 0 ? -cents : cents;
}
