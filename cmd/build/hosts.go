package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// onlyHosts answers only requests that name this machine's loopback interface or one of hosts. Otherwise a page of
// another site could point its own name at this machine (DNS rebinding) and read the models.
type onlyHosts struct {
	http.Handler
	hosts []string
}

func (o onlyHosts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.ToLower((&url.URL{Host: r.Host}).Hostname())
	if !isLoopback(name) && (name == "" || !slices.Contains(o.hosts, name)) {
		message := fmt.Sprintf("this server does not answer under the name %q; add it to -hosts to allow it", name)
		http.Error(w, message, http.StatusForbidden)
		return
	}
	o.Handler.ServeHTTP(w, r)
}

func isLoopback(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || net.ParseIP(name).IsLoopback()
}
