/**
 * The seven inputs that the project this grew from was shown with, on an empty dictionary, and their right answers.
 * The answers are written by hand from what the commands mean, not taken from `execute`: they judge it.
 */

export interface Expectation {
  readonly command: string;
  readonly answer: string;
}

export const seven: readonly Expectation[] = [
  { command: 'PUT,name,sung', answer: 'Success!' },
  { command: 'PUT,age,27', answer: 'Success!' },
  { command: 'PUT,city,서울', answer: 'Success!' },
  { command: 'GET,city', answer: '서울' },
  { command: 'DELETE,age', answer: 'Success!' },
  { command: 'LIST', answer: '[name,sung], [city,서울]' },
  { command: 'HELLO', answer: 'command error.' },
];
