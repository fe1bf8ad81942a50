// The entry point of the page of the simulated edition: the same page, whose playground
// runs in this browser.

import './simulated/install.js';
import './main.js';
