package web

import (
	"net/http"

	"github.com/a-h/templ"

	"capplayground/templates"
)

// PhonePages holds the handlers of the listener for phones (package audience). They only
// read: no request to them changes the playground.
type PhonePages struct {
	Page    http.Handler            // GET /audience: the stage or the lanes without controls, with the question
	Remote  http.Handler            // GET /remote: the speaker's phone
	Streams map[string]http.Handler // by path: /ws, and one for each lane
	Static  http.Handler            // GET /static/…
}

// PhonePages returns the handlers for the listener for phones. Shutdown ends their streams
// as well.
func (web *Web) PhonePages() PhonePages {
	return PhonePages{
		Page: page(func(*http.Request) templ.Component { return web.audiencePage() }),
		Remote: page(func(*http.Request) templ.Component {
			return templates.Remote(templates.TalkView{Place: web.files.place("/api")})
		}),
		Streams: web.phoneStreams(),
		Static:  http.HandlerFunc(web.files.serve),
	}
}

// audiencePage returns the page for a phone: the stage, or the page of all lanes.
func (web *Web) audiencePage() templ.Component {
	at := web.files.place("/api")
	if len(web.lanes) == 0 {
		return templates.Stage(templates.StageView{Place: at, Follow: true, Audience: true, Modes: modeNames()})
	}
	return templates.Lanes(templates.LanesView{Place: at, Lanes: web.lanes, Follow: true, Audience: true})
}

// phoneStreams returns the streams for phones by their paths. The remote follows the talk
// at /ws, which is the stream of the only cluster or of the first lane.
func (web *Web) phoneStreams() map[string]http.Handler {
	all := map[string]http.Handler{"/ws": http.HandlerFunc(web.streams[0].watch)}
	for i, lane := range web.lanes {
		all[lane.Page+"/ws"] = http.HandlerFunc(web.streams[i].watch)
	}
	return all
}

// Headers adds the security headers to every answer of a handler.
func Headers(next http.Handler) http.Handler { return headers(next) }
