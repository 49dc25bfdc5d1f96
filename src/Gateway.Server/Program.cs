return await Gateway.Server.GatewayApplication.RunAsync(args, Console.Error);
