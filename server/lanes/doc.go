// Package lanes answers the calls about several clusters that run side by side,
// each in a mode of its own. Such a cluster is called a lane.
//
//	GET  /api/lanes             lists the lanes
//	GET  /api/lanes/openapi.yaml describes the list and the calls of all lanes
//	ANY  /api/lanes/{mode}/…    is the call /api/… of that lane
//	ANY  /api/lanes/…           is the call /api/… of all lanes, at the same moment
//	ANY  /api/lanes/scenario…   is about the one talk of the playground; so is /api/lanes/audience
//
// The answer to a call of all lanes has one result for each lane. What a call
// means is written once, in package control.
package lanes
