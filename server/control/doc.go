// Package control is the playground's control API (DESIGN, section 4). Bodies and
// answers are JSON. An error is a JSON object with "error" and "code". Each resource has
// one file. The package handles HTTP only: the calls do their work through the
// interfaces that it declares.
package control
