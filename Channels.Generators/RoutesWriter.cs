using Microsoft.CodeAnalysis.CSharp;

namespace Channels.Generators;

/// <summary>Writes the generated part of a socket router.</summary>
internal sealed class RoutesWriter : PartWriter
{
    private const string Space = "global::Channels.SocketRouter.";
    private const string Answer = $"{Space}SocketAnswer";
    private readonly List<(string Type, bool IsRequired)> _contracts = [];

    public static string Write(RouterModel model)
    {
        var writer = new RoutesWriter();
        return writer.WritePart(
            model.Place, "CS0612, CS0618, CS8600, CS8602, CS8603, CS8604, CS8619, CS8620, CS1998 // stages may be obsolete, and what may be null is theirs to say",
            $" : {Space}ISocketRouter", () => writer.WriteMembers(model), $"[{Space}SocketRoutes<{model.Name}>]");
    }

    private void WriteMembers(RouterModel model)
    {
        InheritDoc();
        Line($"public static {(model.HidesBase ? "new " : "")}{Space}SocketRoutes RouteTable => SocketRouting.Table;");
        Line("");
        InheritDoc();
        Line($"protected override {Space}SocketRoutes Routes => SocketRouting.Table;");
        Line("");
        Line("[global::System.CodeDom.Compiler.GeneratedCode(\"Channels.Generators\", null)]");
        Line("private static class SocketRouting");
        Open();
        foreach (var route in model.Routes)
        {
            Note(route.Payload, isRequired: true);
            Note(route.Dehydrate?.Result ?? "", isRequired: true);
            Note(route.Handler.Result, isRequired: route.Dehydrate is null);
        }

        Line($"private static readonly {Space}SocketContracts Contracts = new({(model.Context.Length == 0 ? "null" : $"{model.Context}.Default")});");
        for (var i = 0; i < _contracts.Count; i++)
        {
            var (type, isRequired) = _contracts[i];
            Line($"private static readonly global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<{type}>? Contract{i} = Contracts.{(isRequired ? "Find" : "FindOptional")}<{type}>();");
        }

        Line("");
        Line($"public static readonly {Space}SocketRoutes Table = new(");
        Line($"    typeof({model.Name}),");
        Line("    Contracts,");
        for (var i = 0; i < model.Routes.Count; i++)
        {
            WriteEntry(model, i);
        }

        for (var i = 0; i < model.Routes.Count; i++)
        {
            Line("");
            WriteRoute(model, i);
        }

        Close();
    }

    private void WriteEntry(RouterModel model, int number)
    {
        var route = model.Routes[number];
        Line($"    new {Space}SocketRoute({Text(route.Name)}, {Text(route.Handler.Method)}, static (consumer, request) => Route{number}(({model.Name})consumer, request))");
        var result = route.Dehydrate?.Result ?? route.Handler.Result;
        Line($"    {{ Parallel = {Text(route.Parallel)}, TimeoutMs = {route.TimeoutMs}, Payload = {Contract(route.Payload)}, PayloadMayBeNull = {Text(route.PayloadMayBeNull)}, "
            + $"Result = {Contract(result)}, Streams = {Text(route.Kind == ReplyKind.Items)} }}{(number == model.Routes.Count - 1 ? ");" : ",")}");
    }

    private void WriteRoute(RouterModel model, int number)
    {
        var route = model.Routes[number];
        Line($"private static async global::System.Threading.Tasks.ValueTask<{Space}SocketAnswer> Route{number}({model.Name} consumer, {Space}SocketRequest request)");
        Open();
        if (route.Payload.Length > 0)
        {
            Line($"if (!request.TryRead({Contract(route.Payload)}, {Text(route.PayloadMayBeNull)}, out var payload))");
            Return($"{Answer}.RefuseData()");
        }

        if (route.DataCheck is { NamesFields: true } fields)
        {
            Line($"if ({Awaited(fields)} is {{ }} wrong)");
            Return($"{Answer}.RefuseData(wrong)");
        }
        else if (route.DataCheck is { } check)
        {
            Line($"if (!{Awaited(check)})");
            Return($"{Answer}.RefuseData()");
        }

        if (route.AccessCheck is { } access)
        {
            Line($"if (!{Awaited(access)})");
            Return($"{Answer}.RefuseAccess()");
        }

        if (route.Hydrate is { } hydrate)
        {
            Line($"var hydrated = {Awaited(hydrate)};");
        }

        WriteReply(route);
        Close();
    }

    private void WriteReply(RouteModel route)
    {
        var call = Awaited(route.Handler);
        switch (route.Kind)
        {
            case ReplyKind.None:
                Line($"{call};");
                Line($"return {Answer}.Of();");
                break;
            case ReplyKind.Reply:
                Line($"return {Answer}.Of({call});");
                break;
            case ReplyKind.Items:
                Line($"return await request.StreamAsync({call}, {Contract(route.Handler.Result)});");
                break;
            default:
                if (route.Dehydrate is not { } dehydrate)
                {
                    Line($"return {Answer}.Of({call}, {Contract(route.Handler.Result)});");
                    break;
                }

                Line($"{Space}SocketReply<{route.Handler.Result}> reply = {call};");
                Line($"return reply is {{ IsSuccess: true }} ? {Answer}.Of(reply, {Awaited(dehydrate)}, {Contract(dehydrate.Result)}) : {Answer}.Of(reply, {Contract(route.Handler.Result)});");
                break;
        }
    }

    private static string Awaited(StageModel stage) => !stage.IsAwaited ? stage.Call : stage.Result.Length == 0 ? $"await {stage.Call}" : $"(await {stage.Call})";

    private static string Text(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    private static string Text(bool value) => value ? "true" : "false";

    private void Return(string value)
    {
        Open();
        Line($"return {value};");
        Close();
        Line("");
    }

    private void Note(string type, bool isRequired)
    {
        var known = _contracts.FindIndex(contract => contract.Type == type);
        if (type.Length > 0 && known < 0)
        {
            _contracts.Add((type, isRequired));
        }
        else if (known >= 0 && isRequired)
        {
            _contracts[known] = (type, true);
        }
    }

    private string Contract(string type) => type.Length == 0 ? "null" : $"Contract{_contracts.FindIndex(contract => contract.Type == type)}";
}
