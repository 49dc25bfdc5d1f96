return await Gateway.Server.Cli.GatewayCommandLine.RunAsync(args);
