"use strict";

startTheme();
startTables();
