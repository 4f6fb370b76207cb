throw { reason: "odd" };
