package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
)

// greet prints the page's URL and two curl commands. A person can paste them as they
// are: they contain the token, if there is one, and addresses that a browser opens.
func (o *options) greet(w io.Writer, page string, peers []string) {
	curl := o.curl()
	_, _ = fmt.Fprintf(w, "Open   %s\nWrite  %s -X POST http://%s/database/city/London\nRead   %s http://%s/database/city\n",
		o.pages(page)[0], curl, peers[0], curl, peers[1])
	o.greetOthers(w, page)
}

// curl is the beginning of a command, with the token where there is one.
func (o *options) curl() string {
	if o.token == "" {
		return "curl"
	}
	return "curl -H " + quote("Authorization: Bearer "+o.token)
}

// greetOthers prints the addresses for other machines, and where the token is from.
func (o *options) greetOthers(w io.Writer, page string) {
	for _, other := range o.pages(page)[1:] {
		_, _ = fmt.Fprintf(w, "Open   %s   (from other machines)\n", other)
	}
	if o.token != "" {
		_, _ = fmt.Fprintf(w, "Token  from %s\n", o.tokenFrom)
	}
}

// pages are the URLs of the page. No browser opens an address that stands for all
// addresses of this machine. Then they are the URLs of localhost and of each address.
func (o *options) pages(listens string) (pages []string) {
	query := ""
	if o.token != "" {
		query = "/?token=" + url.QueryEscape(o.token)
	}
	u, err := url.Parse(listens)
	if err != nil {
		return []string{listens + query}
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsUnspecified() {
		return []string{listens + query}
	}
	pages = []string{"http://" + net.JoinHostPort("localhost", u.Port()) + query}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			pages = append(pages, "http://"+net.JoinHostPort(n.IP.String(), u.Port())+query)
		}
	}
	return pages
}

// quote quotes a word for a shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// openBrowser has the desktop open a URL or a file.
func openBrowser(url string) error {
	var cmd *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		cmd = exec.Command("open", url)
	case "windows":
		cmd = exec.Command("rundll32", "url.dll,FileProtocolHandler", url)
	default:
		cmd = exec.Command("xdg-open", url)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // so that it leaves no zombie
	return nil
}
