// Package static holds what the page loads: stylesheets, ES modules, fonts.
// The tests of the modules lie beside them and are not embedded.
package static

import "embed"

// Files are the embedded files, by their paths below this folder.
//
//go:embed icon.svg css/*.css vendor/fonts/*.woff2 vendor/fonts/*.txt vendor/uplot/*.js vendor/uplot/*.css vendor/uplot/*.txt vendor/htmx/*.js vendor/htmx/*.txt
//go:embed js/actions.js
//go:embed js/asks.js
//go:embed js/buttons.js
//go:embed js/caption.js
//go:embed js/command.js
//go:embed js/compare.js
//go:embed js/controls.js
//go:embed js/draw-diagram.js
//go:embed js/draw-messages.js
//go:embed js/draw-panel.js
//go:embed js/draw-ring.js
//go:embed js/facts.js
//go:embed js/follow.js
//go:embed js/forms.js
//go:embed js/frames.js
//go:embed js/hands.js
//go:embed js/hello.js
//go:embed js/inbox.js
//go:embed js/keys.js
//go:embed js/labels.js
//go:embed js/layout.js
//go:embed js/main.js
//go:embed js/marks.js
//go:embed js/measure.js
//go:embed js/menus.js
//go:embed js/model.js
//go:embed js/notice.js
//go:embed js/order.js
//go:embed js/pace.js
//go:embed js/player.js
//go:embed js/playhead.js
//go:embed js/pointing.js
//go:embed js/scrub.js
//go:embed js/session.js
//go:embed js/sheets.js
//go:embed js/shown.js
//go:embed js/sight.js
//go:embed js/spacetime.js
//go:embed js/stream.js
//go:embed js/tears.js
//go:embed js/types.js
//go:embed js/view.js
var Files embed.FS
