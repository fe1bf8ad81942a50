// The entry point of the presenter's page of the simulated edition.

import './simulated/guest.js';
import './talk/presenter.js';
