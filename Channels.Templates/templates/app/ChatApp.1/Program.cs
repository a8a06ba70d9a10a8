using Channels;
using Channels.Kestrel;
#if (redis)
using Channels.Layers.Redis;
#endif
using Microsoft.Extensions.DependencyInjection;
#if (telemetry)
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
#endif
using ChatApp._1;

var builder = ChannelsHost.CreateBuilder(args);
#if (redis)
builder.Services.AddChannels().AddRedisLayer(); // all processes are one chat; appsettings.json says where Redis is
#else
builder.Services.AddChannels(); // groups live in the memory of this process
#endif
builder.Services.AddHealthChecks().AddChannelLayerCheck(tags: ["ready"]);
#if (telemetry)
builder.Services.AddOpenTelemetry()
    .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
    .WithMetrics(metrics => metrics.AddMeter("Channels", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"))
    .WithTracing(tracing => tracing.AddSource("Channels"))
    .WithLogging()
    .UseOtlpExporter();
#endif
builder.Root = Site.Create();
return await builder.RunAsync();
