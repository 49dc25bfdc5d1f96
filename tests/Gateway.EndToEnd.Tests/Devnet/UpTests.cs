using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Chain.Rpc;
using Gateway.Chain.Superfluid;
using Gateway.Chain.Transport;
using Gateway.Devnet.Accounts;
using Gateway.Devnet.Parts;
using Gateway.Domain.Accounts;
using Gateway.Domain.Identity;
using Gateway.Domain.Money;
using Gateway.Server;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Gateway.EndToEnd.Tests.Devnet;

/// <summary>The command that others build on: what it writes is true when it is written, and nothing is left when it ends, however it ends.</summary>
public sealed class UpTests
{
    [Fact]
    public async Task Everything_that_the_ready_file_names_answers_and_ends_with_a_signal()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (up, ready) = await UpProcess.StartAsync(cancellationToken, "--payers", "2", "--authorize");
        await using var _ = up;
        Assert.Equal(
            ["rpcUrl", "grpcUrl", "httpUrl", "redis", "chainId", "operator", "deployBlock", "contracts", "tokens", "gateway", "accounts"],
            ready.EnumerateObject().Select(p => p.Name));
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"{Text(ready, "httpUrl")}/readyz"), cancellationToken)).StatusCode);
        await using (var redis = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(Text(ready, "redis")))
            await redis.GetDatabase().PingAsync();
        var rpc = new EthRpc(new HttpJsonRpcTransport(http, new Uri(Text(ready, "rpcUrl")), new JsonRpcOptions()));
        Assert.Equal(ready.GetProperty("chainId").GetUInt64(), (await rpc.GetChainIdAsync(cancellationToken)).Value);
        await CheckPayersAsync(ready, rpc, cancellationToken);

        Assert.Equal(0, await up.StopAsync(cancellationToken));

        Assert.False(File.Exists(up.ReadyFile));
        foreach (var address in (string[])[Text(ready, "rpcUrl"), Text(ready, "grpcUrl"), Text(ready, "httpUrl"), $"tcp://{Text(ready, "redis")}"])
            await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(new Uri(address), cancellationToken));
    }

    [Fact]
    public async Task The_chain_does_not_outlive_a_killed_devnet()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var (up, ready) = await UpProcess.StartAsync(cancellationToken, "--no-gateway");
        await using var _ = up;
        using var connection = await ConnectAsync(new Uri(Text(ready, "rpcUrl")), cancellationToken);

        await up.KillAsync();

        // The kernel ends the connection when the chain's process ends: with a close or with a reset.
        try
        {
            Assert.Equal(0, await connection.GetStream().ReadAsync(new byte[1], cancellationToken));
        }
        catch (IOException e)
        {
            Assert.IsType<SocketException>(e.InnerException);
        }
    }

    [Fact]
    public async Task Without_its_gateway_the_environment_in_the_ready_file_makes_one()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var ports = FreePorts.Fill(0, 0);
        var (up, ready) = await UpProcess.StartAsync(
            cancellationToken, "--no-gateway", "--grpc-port", ports[0].ToString(), "--http-port", ports[1].ToString());
        await using var _ = up;
        Assert.Equal($"http://127.0.0.1:{ports[0]}", Text(ready, "grpcUrl"));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(new Uri(Text(ready, "grpcUrl")), cancellationToken));
        var environment = ready.GetProperty("gateway").GetProperty("env").EnumerateObject().ToDictionary(v => v.Name.Replace("__", ":"), v => v.Value.GetString());

        await using var app = GatewayApplication.Build([], builder => builder.Configuration.AddInMemoryCollection(environment));
        await app.StartAsync(cancellationToken);

        using var grpc = await ConnectAsync(new Uri(Text(ready, "grpcUrl")), cancellationToken);
        using var http = await ConnectAsync(new Uri(Text(ready, "httpUrl")), cancellationToken);
        await app.StopAsync(cancellationToken);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();

        foreach (var option in (string[])["--rpc-port", "--redis-port"])
        {
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => UpProcess.StartAsync(TestContext.Current.CancellationToken, "--no-gateway", option, port));
            Assert.Contains(port, failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--block-time", "0")]
    [InlineData("--payers", "-1")]
    [InlineData("--grpc-port", "70000")]
    public async Task A_number_out_of_range_is_refused_with_its_option(string option, string value)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => UpProcess.StartAsync(TestContext.Current.CancellationToken, option, value));

        Assert.Contains($"{option} takes", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>Each payer has both tokens, the underlying and AVAX, and has authorised the operator; his key is his.</summary>
    private static async Task CheckPayersAsync(JsonElement ready, EthRpc rpc, CancellationToken cancellationToken)
    {
        var at = await rpc.GetBlockNumberAsync(cancellationToken);
        var contracts = ready.GetProperty("contracts");
        var views = new AgreementViews(new SuperfluidContracts(At(contracts, "host"), At(contracts, "cfa"), At(contracts, "gda"), At(contracts, "cfaForwarder")));
        var (aleph, usdcx) = (ready.GetProperty("tokens").GetProperty("ALEPH"), ready.GetProperty("tokens").GetProperty("USDCx"));
        var accounts = ready.GetProperty("accounts").EnumerateArray().ToList();
        Assert.Equal(["payer", "payer", "payee", "payee", "payee", "community"], accounts.Select(a => Text(a, "role")));
        foreach (var payer in accounts.Where(a => Text(a, "role") == "payer"))
        {
            var address = At(payer, "address");
            Assert.Equal(address, new Gateway.Chain.Signing.PrivateKeySigner(Hash32.Parse(Text(payer, "privateKey")).ToBytes()).Address);
            foreach (var token in (Address[])[At(aleph, "address"), At(usdcx, "address")])
            {
                Assert.Equal(Funds.OfPayer.Aleph.Wei, await TokenViews.UnderlyingBalance(token, address).AskAsync(rpc, at, cancellationToken));
                var grant = await views.Grant(new AccountKey(token, address), At(ready, "operator")).AskAsync(rpc, at, cancellationToken);
                Assert.Equal(new OperatorGrant(CanCreate: true, CanUpdate: true, CanDelete: true, FlowRate.Max), grant);
            }

            Assert.Equal(Funds.OfPayer.UsdcUnits, await TokenViews.UnderlyingBalance(At(usdcx, "underlying"), address).AskAsync(rpc, at, cancellationToken));
            Assert.True(await rpc.GetBalanceAsync(address, at, cancellationToken) > Funds.OfAvax(900));
        }
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";

    private static Address At(JsonElement json, string name) => Address.Parse(Text(json, name));

    private static async Task<TcpClient> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address.Host, address.Port, cancellationToken);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
