// Package static holds what the page loads: stylesheets, ES modules, fonts.
// The tests of the modules lie beside them and are not embedded.
package static

import "embed"

// Files are the embedded files, by their paths below this folder.
//
//go:embed icon.svg css/*.css vendor/fonts/*.woff2 vendor/fonts/*.txt
//go:embed js/main.js
var Files embed.FS
