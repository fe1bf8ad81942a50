// The entry point of the page that compares modes, of the simulated edition. The playground
// draws the page, inside the window of the stage.

import './simulated/guest.js';
import { reach } from './source/reach.js';

const answer = await reach.ask('/compare');
const badge = Object.assign(document.createElement('a'), { textContent: 'SIMULATED', href: 'faithful.html', className: 'simulated' });
badge.dataset.testid = 'simulated';
document.body.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes);
document.querySelector('.acts')?.prepend(badge);
await import('./compare.js');
