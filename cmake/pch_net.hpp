// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once
#include "pch_core.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
