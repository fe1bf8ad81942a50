// The first entry point of the page of the simulated edition. It starts the playground in this
// browser, while the browser still loads the modules of main.js, which is the second one.

import './simulated/install.js';
