using System.Net;
using Gateway.Server.Tests.Hosting;
using Grpc.Health.V1;
using Xunit;

namespace Gateway.Server.Tests.Health;

[Collection(Hosted.Name)]
public sealed class HealthTests(HostedGateway gateway)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("healthz", "Healthy")]
    [InlineData("readyz", "Healthy\nredis: Healthy.")]
    public async Task A_gateway_with_all_its_parts_is_alive_and_ready(string probe, string begins)
    {
        using var http = new HttpClient(new SocketsHttpHandler(), disposeHandler: true);

        using var answer = await http.GetAsync(new Uri(gateway.World.HttpUrl, probe), Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith(begins, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("superfluid.gateway.v1.LeaseService")]
    [InlineData("superfluid.gateway.v1.AccountService")]
    [InlineData("superfluid.gateway.v1.OperationsService")]
    public async Task Each_service_serves_by_its_name(string service)
    {
        var answer = await new Grpc.Health.V1.Health.HealthClient(gateway.Channel).CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: Cancellation);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, answer.Status);
    }
}
