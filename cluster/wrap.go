package cluster

// Wrapper is a machine around another machine.
type Wrapper interface {
	Machine
	Inside() Machine
}

// As returns the first of m and the machines inside it that is a T, and whether
// there is one.
func As[T any](m Machine) (T, bool) {
	for {
		if t, ok := m.(T); ok {
			return t, true
		}
		w, ok := m.(Wrapper)
		if !ok {
			var none T
			return none, false
		}
		m = w.Inside()
	}
}
