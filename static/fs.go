// Package static holds what the page loads: stylesheets, ES modules, fonts.
// The tests of the modules lie beside them as .mjs files and are not embedded.
package static

import "embed"

// Files are the embedded files, by their paths below this folder.
//
//go:embed icon.svg css/*.css js/*.js js/*/*.js
//go:embed vendor/fonts/*.woff2 vendor/fonts/*.txt vendor/uplot/*.js vendor/uplot/*.css vendor/uplot/*.txt vendor/htmx/*.js vendor/htmx/*.txt vendor/xz/*.js vendor/xz/*.txt
var Files embed.FS
