package templates

import "github.com/a-h/templ"

// simulatedData returns the attributes from which the page's script knows that its
// playground is simulated.
func simulatedData(view *SimulatedView) templ.Attributes {
	if view == nil {
		return nil
	}
	return templ.Attributes{"data-simulated": true, "data-mode": view.Mode, "data-version": view.Version}
}

// faithful are the sentences of Faithful.
var faithful = []string{
	"The protocols are the same code as in the real playground, and so is the code that carries out what they decide.",
	"The calls, the verdict, the scenarios and the recordings are the same code, too.",
	"The five nodes are not processes: they share one program in your browser.",
	"A frozen node is not stopped by a signal, and a killed node is not ended by the system: the simulation gives it no turn, or discards its memory.",
	"The network is simulated: a message takes 60 to 240 microseconds, which a random number decides, and no TCP connection breaks.",
	"The disks are in memory: a write takes 200 to 800 microseconds, and a kill in the middle of a write keeps it or loses it as a whole.",
	"All nodes share one clock, so no clock is wrong.",
	"The random numbers come from the seed on the screen: the same seed and the same actions at the same times give the same messages.",
	"How fast the nodes answer says nothing about real machines: nothing here is a measurement of speed.",
	"The curl commands, the phones of an audience and the page of all modes side by side need the real playground, because nothing outside this page can reach these nodes.",
}
