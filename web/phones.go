package web

import (
	"net/http"

	"github.com/a-h/templ"

	"capplayground/templates"
)

// PhonePages holds what the listener for phones shows (package audience). None of it takes
// anything from its caller.
type PhonePages struct {
	Page   http.Handler // GET /audience: the stage, to look at, with the question
	Remote http.Handler // GET /remote: the speaker's phone
	Stream http.Handler // GET /ws
	Static http.Handler // GET /static/…
}

// PhonePages returns the handlers for another listener than the stage's. Shutdown ends
// their streams as well.
func (web *Web) PhonePages() PhonePages {
	return PhonePages{
		Page: page(func(*http.Request) templ.Component {
			return templates.Stage(templates.StageView{Place: templates.Place{Base: web.files.base, Calls: "/api"}, Follow: true, Audience: true, Modes: modeNames()})
		}),
		Remote: page(func(*http.Request) templ.Component {
			return templates.Remote(templates.TalkView{Place: templates.Place{Base: web.files.base, Calls: "/api"}})
		}),
		Stream: http.HandlerFunc(web.streams[0].watch),
		Static: http.HandlerFunc(web.files.serve),
	}
}

// Headers gives every answer of a handler what tells a browser to be careful
// with it.
func Headers(next http.Handler) http.Handler { return headers(next) }
